import { at } from '../../shapes/index.js';
import type { Value } from '../../types.js';
import { sizeOf } from '../../types.js';
import { maskedGradient } from '../elementwise.js';
import { between, boundOf, positive } from './masks.js';
import { blockedGlobalPool, blockedUpsample } from './nodes.js';
import type { BlockedContext, BlockedRule } from './rule.js';
import { unpadded } from './weights.js';

/** Operators that do not care where an element stands: blocked if an input is, and all pictures have one shape. */
export const anyOrder: BlockedRule = (c) => {
  const agreed = agreeing(c);
  if (agreed === undefined) return undefined;
  const name = c.b.unique(c.node.name);
  const y = `${name}:blocked`;
  c.b.append({ ...c.node, name, inputs: agreed.inputs, outputs: [y] });
  return { outputs: [{ blocked: y, channels: agreed.channels }] };
};

/** The inputs as the node reads them, and the channels that its pictures share; undefined where they do not agree. */
function agreeing(c: BlockedContext): { readonly inputs: Value[]; readonly channels: number } | undefined {
  const indices = c.node.inputs.map((_, i) => i).filter((i) => c.has(i));
  const pictures = indices.filter((i) => sizeOf(c.dims(i)) > 1);
  const [first] = pictures;
  if (first === undefined || !pictures.some((i) => c.isBlocked(i))) return undefined;
  const shape = c.dims(first).join();
  if (!pictures.every((i) => c.canBlock(i) && c.dims(i).join() === shape)) return undefined;
  const inputs = c.node.inputs.map((_, i) => (!c.has(i) ? '' : pictures.includes(i) ? c.blocked(i) : c.plain(i)));
  return { inputs, channels: at(c.dims(first), 1) };
}

/** The gradient of an activation whose output is blocked; `gradient` writes it for dy and y. */
const masked =
  (gradient: (c: BlockedContext, dy: Value, y: Value) => Value): BlockedRule =>
  (c) =>
    c.canBlock(0) && c.isBlocked(1)
      ? { outputs: [{ blocked: gradient(c, c.blocked(0), c.blocked(1)), channels: at(c.dims(0), 1) }] }
      : undefined;

export const reluGrad = masked((c, dy, y) => c.b.op('Mul', [dy, positive(c, y)]));
export const clipGrad = masked((c, dy, y) => {
  const [low, high] = [boundOf(c, 2), boundOf(c, 3)];
  // ReLU6 and its like; other bounds are compared with.
  return low === 0 && high !== undefined && high > 2 ** -30 && high < 2 ** 30
    ? c.b.op('Mul', [dy, between(c, y, high)])
    : maskedGradient(c.b, dy, y, c.plain(2), c.plain(3));
});

const globalPool =
  (op: 'GlobalAveragePool' | 'GlobalMaxPool'): BlockedRule =>
  (c) => {
    if (!c.isBlocked(0)) return undefined;
    const [n = 1, channels = 1] = c.dims(0);
    return { outputs: [{ plain: unpadded(c.b, blockedGlobalPool(c.b, op, c.blocked(0)), [n, channels]) }] };
  };

export const globalAveragePool = globalPool('GlobalAveragePool');
export const globalMaxPool = globalPool('GlobalMaxPool');

/** One value for each plane, [N, C, 1, 1], repeated over it: the gradient of a global average. */
export const expand: BlockedRule = (c) => {
  const [n = 1, channels = 1, ...plane] = c.dims(0);
  const to = c.integers(1);
  if (to.length !== 4 || !c.canBlock(0) || plane.some((size) => size !== 1)) return undefined;
  const [batch = 1, wanted = 1, height = 1, width = 1] = to;
  if ((batch !== 1 && batch !== n) || (wanted !== 1 && wanted !== channels)) return undefined;
  return { outputs: [{ blocked: blockedUpsample(c.b, c.blocked(0), height, width), channels }] };
};
