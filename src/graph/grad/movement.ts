import { intOf, intsOf, stringOf } from '../attributes.js';
import { at, axisOf } from '../shapes/index.js';
import { padsOf, slicesOf } from '../shapes/movement.js';
import type { Value } from '../types.js';
import { axisMatrix, oneHotRows } from './axis-matrix.js';
import { expandTo, type GradientContext, type GradientRule, reshapeTo, sumTo } from './rule.js';

/** Reshape, Flatten, Squeeze, Unsqueeze: the gradient takes the input's shape. */
export const reshape: GradientRule = (c) => [reshapeTo(c.b, c.dy, c.dims(0))];

export const expand: GradientRule = (c) => [sumTo(c.b, c.dy, c.dims(0))];

/** The inverse permutation. */
export const transpose: GradientRule = (c) => {
  const perm = intsOf(c.node, 'perm') ?? c.dims(0).map((_, i, all) => all.length - 1 - i);
  return [c.b.op('Transpose', [c.dy], { perm: perm.map((_, i) => perm.indexOf(i)) })];
};

export const concat: GradientRule = (c) => {
  const axis = axisOf(intOf(c.node, 'axis', 0), c.dims(0).length);
  const sizes = c.node.inputs.map((_, i) => at(c.dims(i), axis));
  if (sizes.length === 1) return [c.dy];
  return c.b.ops('Split', sizes.length, [c.dy, c.b.integers(...sizes)], { axis });
};

/** The parts' gradients joined, zeros for those that the loss does not depend on. */
export const split: GradientRule = (c) => {
  const parts = c.node.outputs.map((y, i) => c.dyOf(i) ?? c.m.zeros(c.b.dims(y)));
  return [c.b.op('Concat', parts, { axis: intOf(c.node, 'axis', 0) })];
};

/** dy goes back to where it was taken from: turned round where the step is negative, spread by the step, then padded. */
export const slice: GradientRule = (c) => {
  const { b } = c;
  const x = c.dims(0);
  let g = c.dy;
  const begin = x.map(() => 0);
  const end = x.map(() => 0);
  for (const { axis, start, step, length } of slicesOf(c)) {
    const stride = Math.abs(step);
    const first = step > 0 ? start : start + (length - 1) * step;
    if (step < 0) g = reversed(c, g, axis);
    if (stride > 1 && length > 1) g = spread(c, g, axis, stride);
    begin[axis] = length === 0 ? 0 : first;
    end[axis] = at(x, axis) - at(begin, axis) - at(b.dims(g), axis);
  }
  return [padded(c, g, begin, end)];
};

function reversed(c: GradientContext, g: Value, axis: number): Value {
  const { b } = c;
  return b.op('Slice', [g, b.integers(-1), b.integers(-(2 ** 31)), b.integers(axis), b.integers(-1)]);
}

/** stride − 1 zeros after each element along an axis, also after the last. */
function spread(c: GradientContext, g: Value, axis: number, stride: number): Value {
  const { b } = c;
  const dims = b.dims(g);
  const apart = b.op('Unsqueeze', [g, b.integers(axis + 1)]);
  const zeros = b.dims(apart).map(() => 0);
  const wide = padded(
    c,
    apart,
    zeros,
    zeros.map((z, i) => (i === axis + 1 ? stride - 1 : z)),
  );
  return reshapeTo(
    b,
    wide,
    dims.map((d, i) => (i === axis ? d * stride : d)),
  );
}

/** Zeros put before and after each axis; negative numbers cut. */
function padded(c: GradientContext, g: Value, begin: readonly number[], end: readonly number[]): Value {
  return [...begin, ...end].every((p) => p === 0) ? g : c.b.op('Pad', [g, c.b.integers(...begin, ...end)]);
}

/**
 * Constant padding is cut off again; reflected, repeated and wrapped elements add to those they are copies of. What
 * negative padding cuts gets nothing.
 */
export const pad: GradientRule = (c) => {
  const { b, m } = c;
  const { begin, end } = padsOf(c);
  const mode = stringOf(c.node, 'mode', 'constant');
  if (mode === 'constant') {
    const negative = (xs: readonly number[]) => xs.map((p) => (p === 0 ? 0 : -p));
    const dx = padded(c, c.dy, negative(begin), negative(end));
    if (!c.needs(2)) return [dx];
    const all = (v: Value) =>
      m.sum(
        v,
        begin.map((_, i) => i),
      );
    return [dx, undefined, reshapeTo(b, m.sub(all(c.dy), all(dx)), c.dims(2))];
  }
  let g = c.dy;
  c.dims(0).forEach((size, axis) => {
    const [before, after] = [at(begin, axis), at(end, axis)];
    if (before === 0 && after === 0) return;
    const sources = Array.from({ length: before + size + after }, (_, i) => paddingSource(c, mode, i - before, size));
    g = axisMatrix(b, g, axis, oneHotRows(sources, size));
  });
  return [g];
};

/** The place along an axis that a place outside of it (or inside) is a copy of. */
function paddingSource(c: GradientContext, mode: string, place: number, size: number): number {
  switch (mode) {
    case 'edge':
      return Math.min(Math.max(place, 0), size - 1);
    case 'wrap':
      return ((place % size) + size) % size;
    case 'reflect': {
      if (size === 1) return 0;
      const period = 2 * (size - 1);
      const within = ((place % period) + period) % period;
      return within < size ? within : period - within;
    }
    default:
      throw c.fail(`padding mode "${mode}" is not known to onecycle`);
  }
}

/** The copies are summed. */
export const tile: GradientRule = (c) => {
  const { b, m } = c;
  const repeats = c.integers(1);
  const apart = c.dims(0).flatMap((d, i) => [at(repeats, i), d]);
  const g = m.sum(
    reshapeTo(b, c.dy, apart),
    repeats.map((_, i) => 2 * i),
  );
  return [reshapeTo(b, g, c.dims(0))];
};

const ADD = { reduction: 'add' } as const;

/** An element's gradient is the sum over all the places it was taken to. */
export const gather: GradientRule = (c) => {
  const { b, m } = c;
  const x = c.dims(0);
  const axis = axisOf(intOf(c.node, 'axis', 0), x.length);
  const count = c.dims(1).reduce((n, d) => n * d, 1);
  const dims = x.map((d, i) => (i === axis ? count : d));
  const indices = reshapeTo(
    b,
    c.x(1),
    x.map((_, i) => (i === axis ? count : 1)),
  );
  const g = reshapeTo(b, c.dy, dims);
  return [b.op('ScatterElements', [m.zeros(x), expandTo(b, indices, dims), g], { axis, ...ADD })];
};

export const gatherElements: GradientRule = (c) => [
  c.b.op('ScatterElements', [c.m.zeros(c.dims(0)), c.x(1), c.dy], { axis: intOf(c.node, 'axis', 0), ...ADD }),
];

export const gatherND: GradientRule = (c) => {
  if (intOf(c.node, 'batch_dims', 0) !== 0) throw c.fail('it has no gradient with batch_dims');
  return [c.b.op('ScatterND', [c.m.zeros(c.dims(0)), c.x(1), c.dy], ADD)];
};

/** What was replaced gets nothing; the updates get what is where they were put. */
export const scatterElements: GradientRule = (c) => {
  const axis = intOf(c.node, 'axis', 0);
  return [
    c.needs(0)
      ? replaced(c, () => c.b.op('ScatterElements', [c.dy, c.x(1), c.m.zeros(c.dims(1))], { axis }))
      : undefined,
    undefined,
    c.needs(2) ? c.b.op('GatherElements', [c.dy, c.x(1)], { axis }) : undefined,
  ];
};

export const scatterND: GradientRule = (c) => [
  c.needs(0) ? replaced(c, () => c.b.op('ScatterND', [c.dy, c.x(1), c.m.zeros(c.dims(2))])) : undefined,
  undefined,
  c.needs(2) ? c.b.op('GatherND', [c.dy, c.x(1)]) : undefined,
];

function replaced(c: GradientContext, withoutReplaced: () => Value): Value {
  const reduction = stringOf(c.node, 'reduction', 'none');
  if (reduction === 'add') return c.dy;
  if (reduction === 'none') return withoutReplaced();
  throw c.fail(`it has no gradient with reduction "${reduction}"`);
}

/** Blocks of channels back from the places they were laid out on; the order of channels follows the mode. */
export const depthToSpace: GradientRule = (c) => {
  const { b } = c;
  const blocksize = intOf(c.node, 'blocksize', 1);
  if (stringOf(c.node, 'mode', 'DCR') === 'DCR') return [b.op('SpaceToDepth', [c.dy], { blocksize })];
  const [n = 1, channels = 1, h = 1, w = 1] = c.dims(0);
  const depth = channels / (blocksize * blocksize);
  const apart = reshapeTo(b, c.dy, [n, depth, h, blocksize, w, blocksize]);
  return [reshapeTo(b, b.op('Transpose', [apart], { perm: [0, 1, 3, 5, 2, 4] }), c.dims(0))];
};

export const spaceToDepth: GradientRule = (c) => [
  c.b.op('DepthToSpace', [c.dy], { blocksize: intOf(c.node, 'blocksize', 1) }),
];
