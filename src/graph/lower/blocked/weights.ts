import type { GraphBuilder } from '../../builder.js';
import { sizeOf, type Value } from '../../types.js';
import { blockedOp } from './nodes.js';
import { movedRows } from './rows.js';

/*
 * Weights in the order that the blocked convolutions read. ONNX Runtime's general Transpose is slow (16 ms for 512×512×3×3),
 * so each order is made of fast steps: ReorderInput, which turns one axis inwards, and transposes that move whole rows. The
 * declared shapes stay those of the plain weights.
 */

/** Zeros behind the first axes of a tensor, up to these sizes: for channels that fill up blocks. */
export function padded(b: GraphBuilder, x: Value, sizes: readonly number[]): Value {
  const dims = b.dims(x);
  const more = dims.map((size, axis) => (sizes[axis] ?? size) - size);
  if (more.every((n) => n === 0)) return x;
  return b.op('Pad', [x, b.integers(...dims.map(() => 0), ...more)]);
}

/** The first of a tensor's entries along its first axes: what is left when those that filled up blocks are gone. */
export function unpadded(b: GraphBuilder, x: Value, sizes: readonly number[]): Value {
  const axes = sizes.flatMap((size, axis) => (b.dims(x)[axis] === size ? [] : [axis]));
  if (axes.length === 0) return x;
  const ends = axes.map((axis) => sizes[axis] ?? 0);
  return b.op('Slice', [x, b.integers(...axes.map(() => 0)), b.integers(...ends), b.integers(...axes)]);
}

/** Weights [C, 1, k, k] of a depthwise convolution as [C/block, k, k, block]. */
export function blockDepthwiseWeights(b: GraphBuilder, w: Value, block: number): Value {
  const dims = b.dims(w);
  const [channels = 1, , ...kernel] = dims;
  if (sizeOf(kernel) === 1) return w;
  const split = b.op('Reshape', [w, b.integers(channels / block, block, ...kernel)]);
  return b.op('Reshape', [b.op('Transpose', [split], { perm: [0, 2, 3, 1] }), b.integers(...dims)]);
}

/**
 * Weights [O, I, k, k] as [O/block, I/block, k, k, block of I, block of O], or as [O/block, I, k, k, block of O] where the
 * input has fewer channels than a block and stays plain.
 */
export function blockWeights(b: GraphBuilder, w: Value, block: number): Value {
  const dims = b.dims(w);
  const [o = 1, i = 1, ...kernel] = dims;
  const taps = sizeOf(kernel);
  if (i < block) {
    const split = b.op('Reshape', [w, b.integers(o / block, block, i, ...kernel)]);
    return b.op('Reshape', [b.op('Transpose', [split], { perm: [0, 2, 3, 4, 1] }), b.integers(...dims)]);
  }
  if (taps === 1) return b.op('Reshape', [turnedInwards(b, w, o, i), b.integers(...dims)]);
  const turned = turnedInwards(b, w, o, i * taps);
  const rows = movedRows(b, turned, [o / block, i / block, block, taps, block], [0, 1, 3, 2, 4]);
  return b.op('Reshape', [rows, b.integers(...dims)]);
}

/** The same for the transposed convolution, whose output is the input's gradient: [I, O, k, k], taps flipped. */
export function blockTransposedWeights(b: GraphBuilder, w: Value, block: number): Value {
  const [o = 1, i = 1, ...kernel] = b.dims(w);
  const count = sizeOf(kernel);
  if (count > 1) {
    const flipped = Array.from({ length: count }, (_, t) => count - 1 - t);
    return partOfTransposed(b, transposedByTap(b, w, block), [i, o, ...kernel], flipped);
  }
  return b.op('Reshape', [movedRows(b, w, [o, i / block, block], [1, 0, 2]), b.integers(i, o, ...kernel)]);
}

/** Weights [O, I, k, k] of more than one tap as [I/block · O/block, taps, block of O · block of I], for `partOfTransposed`. */
export function transposedByTap(b: GraphBuilder, w: Value, block: number): Value {
  const [o = 1, i = 1, ...kernel] = b.dims(w);
  const count = sizeOf(kernel);
  // [O, I/block, taps, block of I], then rows of a block each to their places.
  const turned = blockedOp(b, 'ReorderInput', [b.op('Reshape', [w, b.integers(o, i, 1, count)])], [o, i, 1, count]);
  const placed = movedRows(b, turned, [o / block, block, i / block, count, block], [2, 0, 3, 1, 4]);
  return b.op('Reshape', [placed, b.integers((i * o) / (block * block), count, block * block)]);
}

/** Blocked weights of the shape `dims` = [I, O, …] with some taps of the kernel (counted row by row), in the order given. */
export function partOfTransposed(
  b: GraphBuilder,
  byTap: Value,
  dims: readonly number[],
  taps: readonly number[],
): Value {
  return b.op('Reshape', [b.op('Gather', [byTap, b.integers(...taps)], { axis: 1 }), b.integers(...dims)]);
}

/** A matrix [O, columns] as [O/block, columns, block]. */
function turnedInwards(b: GraphBuilder, x: Value, o: number, columns: number): Value {
  const dims = [1, o, 1, columns];
  return blockedOp(b, 'ReorderInput', [b.op('Reshape', [x, b.integers(...dims)])], dims);
}
