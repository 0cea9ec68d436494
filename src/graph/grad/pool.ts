import { sizeOf } from '../types.js';
import { type GradientRule, reshapeTo } from './rule.js';

/** y = mean over the spatial axes */
export const globalAveragePool: GradientRule = (c) => {
  const x = c.dims(0);
  const scaled = c.b.op('Mul', [c.dy, c.b.scalar(1 / sizeOf(x.slice(2)))]);
  return [c.b.op('Expand', [scaled, c.b.integers(...x)])];
};

/** The gradient goes to the first maximum of each plane, as in PyTorch. */
export const globalMaxPool: GradientRule = (c) => {
  const { b } = c;
  const [n = 1, ch = 1, ...spatial] = c.dims(0);
  const plane = sizeOf(spatial);
  const flat = b.op('Reshape', [c.x(0), b.integers(n, ch, plane)]);
  const winner = b.op('ArgMax', [flat], { axis: 2, keepdims: 0, select_last_index: 0 });
  const dy = reshapeTo(b, c.dy, [n, ch, 1]);
  const hot = b.op(
    'OneHot',
    [winner, b.integers(plane), b.constant({ dtype: 'float32', dims: [2], data: Float32Array.of(0, 1) })],
    { axis: -1 },
  );
  return [reshapeTo(b, b.op('Mul', [hot, dy]), c.dims(0))];
};
