import type { Value } from '../../types.js';
import { sizeOf } from '../../types.js';
import { type MaskSource, maskedGradient } from '../elementwise.js';
import { blockedGlobalPool } from './nodes.js';
import type { BlockedContext, BlockedRule } from './rule.js';

/** Operators that do not care where an element stands: blocked if an input is, and all pictures have one shape. */
export const anyOrder: BlockedRule = (c) => {
  const outputs = agreeing(c);
  if (outputs === undefined) return undefined;
  const name = c.b.unique(c.node.name);
  const y = `${name}:blocked`;
  c.b.append({ ...c.node, name, inputs: outputs, outputs: [y] });
  return { outputs: [{ blocked: y }] };
};

function agreeing(c: BlockedContext): Value[] | undefined {
  const indices = c.node.inputs.map((_, i) => i).filter((i) => c.has(i));
  const pictures = indices.filter((i) => sizeOf(c.dims(i)) > 1);
  const [first] = pictures;
  if (first === undefined || !pictures.some((i) => c.isBlocked(i))) return undefined;
  const shape = c.dims(first).join();
  if (!pictures.every((i) => c.canBlock(i) && c.dims(i).join() === shape)) return undefined;
  return c.node.inputs.map((_, i) => (!c.has(i) ? '' : pictures.includes(i) ? c.blocked(i) : c.plain(i)));
}

const masked =
  (kind: MaskSource): BlockedRule =>
  (c) => {
    if (!c.canBlock(0) || !c.canBlock(1) || !c.isBlocked(1)) return undefined;
    const bounds =
      kind === 'relu'
        ? { low: c.b.scalar(0) }
        : { ...(c.has(2) ? { low: c.plain(2) } : {}), ...(c.has(3) ? { high: c.plain(3) } : {}) };
    return { outputs: [{ blocked: maskedGradient(c.b, c.blocked(0), c.blocked(1), bounds) }] };
  };

export const reluGrad = masked('relu');
export const clipGrad = masked('clip');

const globalPool =
  (op: 'GlobalAveragePool' | 'GlobalMaxPool'): BlockedRule =>
  (c) =>
    c.isBlocked(0) ? { outputs: [{ plain: blockedGlobalPool(c.b, op, c.blocked(0)) }] } : undefined;

export const globalAveragePool = globalPool('GlobalAveragePool');
export const globalMaxPool = globalPool('GlobalMaxPool');
