import { intOf, intsOf } from '../attributes.js';
import { sizeOf, type TensorData, toInt64 } from '../types.js';
import { at, axisOf, broadcastDims, type ShapeContext, type ShapeRule } from './rule.js';

export const reshape: ShapeRule = (c) => {
  const x = c.dims(0);
  const zeroIsZero = intOf(c.node, 'allowzero', 0) === 1;
  const dims = c.integers(1).map((d, i) => (d === 0 && !zeroIsZero ? at(x, i) : d));
  const open = dims.indexOf(-1);
  if (open >= 0) dims[open] = sizeOf(x) / sizeOf(dims.filter((_, i) => i !== open));
  if (sizeOf(dims) !== sizeOf(x)) throw c.fail(`[${x}] cannot take the shape [${c.integers(1)}]`);
  return [{ dtype: c.dtype(0), dims }];
};

export const flatten: ShapeRule = (c) => {
  const x = c.dims(0);
  const axis = axisOf(intOf(c.node, 'axis', 1), x.length);
  return [{ dtype: c.dtype(0), dims: [sizeOf(x.slice(0, axis)), sizeOf(x.slice(axis))] }];
};

function axesOf(c: ShapeContext, rank: number): readonly number[] | undefined {
  const axes = intsOf(c.node, 'axes') ?? (c.has(1) ? c.integers(1) : undefined);
  return axes?.map((a) => axisOf(a, rank));
}

export const squeeze: ShapeRule = (c) => {
  const x = c.dims(0);
  const axes = axesOf(c, x.length) ?? x.flatMap((d, i) => (d === 1 ? [i] : []));
  return [{ dtype: c.dtype(0), dims: x.filter((_, i) => !axes.includes(i)) }];
};

export const unsqueeze: ShapeRule = (c) => {
  const x = c.dims(0);
  const count = (intsOf(c.node, 'axes') ?? c.integers(1)).length;
  const axes = axesOf(c, x.length + count) ?? [];
  const rest = [...x];
  return [
    {
      dtype: c.dtype(0),
      dims: Array.from({ length: x.length + count }, (_, i) => (axes.includes(i) ? 1 : (rest.shift() ?? 1))),
    },
  ];
};

export const transpose: ShapeRule = (c) => {
  const x = c.dims(0);
  const perm = intsOf(c.node, 'perm') ?? x.map((_, i) => x.length - 1 - i);
  return [{ dtype: c.dtype(0), dims: perm.map((p) => at(x, p)) }];
};

export const concat: ShapeRule = (c) => {
  const first = c.dims(0);
  const axis = axisOf(intOf(c.node, 'axis', 0), first.length);
  let total = 0;
  c.node.inputs.forEach((_, i) => {
    const dims = c.dims(i);
    if (dims.length !== first.length || dims.some((d, j) => j !== axis && d !== first[j])) {
      throw c.fail(`[${first}] and [${dims}] do not join along axis ${axis}`);
    }
    total += at(dims, axis);
  });
  return [{ dtype: c.dtype(0), dims: first.map((d, i) => (i === axis ? total : d)) }];
};

/** The lengths of a Split node's parts. */
export function splitSizes(c: ShapeContext): readonly number[] {
  const x = c.dims(0);
  const axis = axisOf(intOf(c.node, 'axis', 0), x.length);
  const given = intsOf(c.node, 'split') ?? (c.has(1) ? c.integers(1) : undefined);
  if (given !== undefined) return given;
  const parts = c.node.outputs.length;
  const size = Math.ceil(at(x, axis) / parts);
  return Array.from({ length: parts }, (_, i) => Math.max(0, Math.min(size, at(x, axis) - i * size)));
}

export const split: ShapeRule = (c) => {
  const x = c.dims(0);
  const axis = axisOf(intOf(c.node, 'axis', 0), x.length);
  return splitSizes(c).map((size) => ({ dtype: c.dtype(0), dims: x.map((d, i) => (i === axis ? size : d)) }));
};

/** A slice along one axis: `length` elements from `start`, `step` apart. */
export interface AxisSlice {
  readonly axis: number;
  readonly start: number;
  readonly step: number;
  readonly length: number;
}

/** The slices of a Slice node, with ONNX's clamping of starts and ends. */
export function slicesOf(c: ShapeContext): readonly AxisSlice[] {
  const x = c.dims(0);
  const starts = intsOf(c.node, 'starts') ?? c.integers(1);
  const ends = intsOf(c.node, 'ends') ?? c.integers(2);
  const axes = intsOf(c.node, 'axes') ?? (c.has(3) ? c.integers(3) : starts.map((_, i) => i));
  const steps = c.has(4) ? c.integers(4) : starts.map(() => 1);
  return starts.map((s, i) => {
    const axis = axisOf(at(axes, i), x.length);
    const size = at(x, axis);
    const step = at(steps, i);
    const e = at(ends, i);
    const from = s < 0 ? s + size : s;
    const to = e < 0 ? e + size : e;
    const start = step > 0 ? clamp(from, 0, size) : clamp(from, 0, size - 1);
    const stop = step > 0 ? clamp(to, 0, size) : clamp(to, -1, size - 1);
    return { axis, start, step, length: Math.max(0, Math.ceil((stop - start) / step)) };
  });
}

function clamp(v: number, low: number, high: number): number {
  return Math.min(Math.max(v, low), high);
}

export const slice: ShapeRule = (c) => {
  const dims = [...c.dims(0)];
  for (const s of slicesOf(c)) dims[s.axis] = s.length;
  return [{ dtype: c.dtype(0), dims }];
};

/** Padding before and after each axis of a Pad node. */
export function padsOf(c: ShapeContext): { begin: number[]; end: number[] } {
  const rank = c.dims(0).length;
  const pads = intsOf(c.node, 'pads') ?? c.integers(1);
  const axes = c.has(3) ? c.integers(3).map((a) => axisOf(a, rank)) : c.dims(0).map((_, i) => i);
  const begin = Array<number>(rank).fill(0);
  const end = Array<number>(rank).fill(0);
  axes.forEach((axis, i) => {
    begin[axis] = at(pads, i);
    end[axis] = at(pads, axes.length + i);
  });
  return { begin, end };
}

export const pad: ShapeRule = (c) => {
  const { begin, end } = padsOf(c);
  return [{ dtype: c.dtype(0), dims: c.dims(0).map((d, i) => d + at(begin, i) + at(end, i)) }];
};

export const gather: ShapeRule = (c) => {
  const x = c.dims(0);
  const axis = axisOf(intOf(c.node, 'axis', 0), x.length);
  return [{ dtype: c.dtype(0), dims: [...x.slice(0, axis), ...c.dims(1), ...x.slice(axis + 1)] }];
};

export const gatherElements: ShapeRule = (c) => [{ dtype: c.dtype(0), dims: c.dims(1) }];

export const gatherND: ShapeRule = (c) => {
  const indices = c.dims(1);
  const batch = intOf(c.node, 'batch_dims', 0);
  const depth = at(indices, indices.length - 1);
  return [{ dtype: c.dtype(0), dims: [...indices.slice(0, -1), ...c.dims(0).slice(batch + depth)] }];
};

export const expand: ShapeRule = (c) => [{ dtype: c.dtype(0), dims: broadcastDims(c.dims(0), c.integers(1)) }];

export const tile: ShapeRule = (c) => {
  const repeats = c.integers(1);
  return [{ dtype: c.dtype(0), dims: c.dims(0).map((d, i) => d * at(repeats, i)) }];
};

export const resize: ShapeRule = (c) => {
  const x = c.dims(0);
  if (c.has(3)) {
    const sizes = c.integers(3);
    const axes = (intsOf(c.node, 'axes') ?? x.map((_, i) => i)).map((a) => axisOf(a, x.length));
    return [{ dtype: c.dtype(0), dims: x.map((d, i) => sizes[axes.indexOf(i)] ?? d) }];
  }
  const scales = c.floats(2);
  const axes = (intsOf(c.node, 'axes') ?? x.map((_, i) => i)).map((a) => axisOf(a, x.length));
  return [{ dtype: c.dtype(0), dims: x.map((d, i) => Math.floor(d * (scales[axes.indexOf(i)] ?? 1))) }];
};

export const depthToSpace: ShapeRule = (c) => {
  const [n = 0, ch = 0, h = 0, w = 0] = c.dims(0);
  const b = intOf(c.node, 'blocksize', 1);
  return [{ dtype: c.dtype(0), dims: [n, ch / (b * b), h * b, w * b] }];
};

export const spaceToDepth: ShapeRule = (c) => {
  const [n = 0, ch = 0, h = 0, w = 0] = c.dims(0);
  const b = intOf(c.node, 'blocksize', 1);
  return [{ dtype: c.dtype(0), dims: [n, ch * b * b, h / b, w / b] }];
};

/** The part of its input's shape that a Shape node gives. */
export function shapePart(c: ShapeContext): readonly number[] {
  const dims = c.dims(0);
  const place = (name: string, fallback: number) =>
    clamp(axisOf(intOf(c.node, name, fallback), dims.length), 0, dims.length);
  return dims.slice(place('start', 0), place('end', dims.length));
}

export const shape: ShapeRule = (c) => [{ dtype: 'int64', dims: [shapePart(c).length] }];

/** The tensor of a Constant node, whichever of its attributes holds it. */
export function constantTensor(c: Pick<ShapeContext, 'node' | 'fail'>): TensorData {
  const a = c.node.attributes;
  if (a.value?.kind === 'tensor') return a.value.value;
  if (a.value_float?.kind === 'float')
    return { dtype: 'float32', dims: [], data: Float32Array.of(a.value_float.value) };
  if (a.value_floats?.kind === 'floats') {
    return { dtype: 'float32', dims: [a.value_floats.value.length], data: Float32Array.from(a.value_floats.value) };
  }
  if (a.value_int?.kind === 'int')
    return { dtype: 'int64', dims: [], data: BigInt64Array.of(toInt64(a.value_int.value)) };
  if (a.value_ints?.kind === 'ints') {
    return { dtype: 'int64', dims: [a.value_ints.value.length], data: BigInt64Array.from(a.value_ints.value, toInt64) };
  }
  throw c.fail('it holds no tensor that onecycle knows');
}

export const constant: ShapeRule = (c) => {
  const { dtype, dims } = constantTensor(c);
  return [{ dtype, dims }];
};

export const constantOfShape: ShapeRule = (c) => {
  const value = c.node.attributes.value;
  return [{ dtype: value?.kind === 'tensor' ? value.value.dtype : 'float32', dims: c.integers(0) }];
};

export const range: ShapeRule = (c) => {
  const [start = 0] = c.floats(0);
  const [limit = 0] = c.floats(1);
  const [delta = 1] = c.floats(2);
  return [{ dtype: c.dtype(0), dims: [Math.max(0, Math.ceil((limit - start) / delta))] }];
};

/** The shape is an attribute: the gradient of a convolution with regard to its input cannot know it otherwise. */
export const givenShape: ShapeRule = (c) => [{ dtype: c.dtype(0), dims: intsOf(c.node, 'shape') ?? [] }];
