import type { LowerRule } from './rule.js';

/** dy·[y > 0]. A mask that is cast and multiplied is faster on the CPU than Where (measured: 18 ms for 33). */
export const reluGrad: LowerRule = (c) => {
  const { b } = c;
  const mask = b.op('Cast', [b.op('Greater', [c.x(1), b.scalar(0)])], { to: 1 });
  return [b.op('Mul', [c.x(0), mask])];
};

/** dy·[low < y < high] */
export const clipGrad: LowerRule = (c) => {
  const { b } = c;
  const y = c.x(1);
  const above = c.has(2) ? b.op('Greater', [y, c.x(2)]) : undefined;
  const below = c.has(3) ? b.op('Less', [y, c.x(3)]) : undefined;
  const inside = above !== undefined && below !== undefined ? b.op('And', [above, below]) : (above ?? below);
  if (inside === undefined) return [c.x(0)];
  return [b.op('Mul', [c.x(0), b.op('Cast', [inside], { to: 1 })])];
};
