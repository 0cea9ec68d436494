import { sizeOf, type Value } from '../types.js';
import type { LowerRule } from './rule.js';

/** dy, added up at the maxima's places among all elements of x. */
export const maxPoolGrad: LowerRule = ({ b, x, dims }) => {
  const flat = (value: Value) => b.op('Reshape', [value, b.integers(sizeOf(dims(0)))]);
  const zeros = b.op('Expand', [b.scalar(0), b.integers(sizeOf(dims(1)))]);
  const dx = b.op('ScatterElements', [zeros, flat(x(2)), flat(x(0))], { axis: 0, reduction: 'add' });
  return [b.op('Reshape', [dx, b.integers(...dims(1))])];
};
