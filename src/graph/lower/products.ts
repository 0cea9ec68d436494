import type { GraphBuilder } from '../builder.js';
import { MICROSOFT_DOMAIN } from '../ops.js';
import { at } from '../shapes/index.js';
import type { Value } from '../types.js';

/** Which factors of a product are read as their transposes, without writing these. */
export interface Transposed {
  readonly left?: boolean;
  readonly right?: boolean;
}

/** Products of matrices, by all axes but the last two, which agree: [m, k]·[k, n] for each. */
export function product(b: GraphBuilder, left: Value, right: Value, transposed: Transposed = {}): Value {
  const { left: transA = false, right: transB = false } = transposed;
  if (!transA && !transB) return b.op('MatMul', [left, right]);
  const [x, y] = [b.dims(left), b.dims(right)];
  const [m, n] = [at(x, x.length - (transA ? 1 : 2)), at(y, y.length - (transB ? 2 : 1))];
  return b.typedOp(
    'FusedMatMul',
    [left, right],
    { dtype: 'float32', dims: [...x.slice(0, -2), m, n] },
    { transA: Number(transA), transB: Number(transB) },
    { domain: MICROSOFT_DOMAIN },
  );
}
