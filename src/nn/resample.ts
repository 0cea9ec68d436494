import { float32, type Value } from '../graph/types.js';
import type { Forward } from './forward.js';

/** A linear map of an axis: for each output place the weights of all input places. */
type Weights = readonly (readonly number[])[];

/** Maps rows and columns of each plane of [N, C, H, W], as two products of matrices. */
export function resampled(f: Forward, x: Value, rows: Weights, columns: Weights): Value {
  const matrix = (weights: Weights, transposed: boolean): Value => {
    const [height, width] = [weights.length, weights[0]?.length ?? 0];
    if (!transposed) return f.b.constant(float32([height, width], weights.flat()));
    const flipped = Array.from({ length: width }, (_, i) => weights.map((row) => row[i] ?? 0));
    return f.b.constant(float32([width, height], flipped.flat()));
  };
  const across = f.b.op('MatMul', [x, matrix(columns, true)]);
  return f.b.op('MatMul', [matrix(rows, false), across]);
}

/**
 * Mean over a grid of size × size windows, whatever the size of the planes, as PyTorch's AdaptiveAvgPool2d: windows overlap
 * where the sides do not divide.
 */
export function adaptiveAveragePool(f: Forward, x: Value, size: number): Value {
  const [, , h = 1, w = 1] = f.b.dims(x);
  return h === size && w === size ? x : resampled(f, x, meanWeights(h, size), meanWeights(w, size));
}

/** Output place i is the mean of the input places from ⌊i·input/output⌋ up to ⌈(i + 1)·input/output⌉. */
function meanWeights(input: number, output: number): Weights {
  return Array.from({ length: output }, (_, i) => {
    const from = Math.floor((i * input) / output);
    const to = Math.ceil(((i + 1) * input) / output);
    return Array.from({ length: input }, (_, j) => (j >= from && j < to ? 1 / (to - from) : 0));
  });
}

/**
 * Bicubic interpolation with antialiasing, as PyTorch and Pillow have it: the kernel (Keys 1981, a = −½) widens by the factor
 * of reduction, and what falls outside is left out.
 */
export function bicubicWeights(input: number, output: number): Weights {
  const scale = input / output;
  const widening = Math.max(1, scale);
  return Array.from({ length: output }, (_, i) => {
    const centre = scale * (i + 0.5);
    const from = Math.max(0, Math.floor(centre - 2 * widening + 0.5));
    const to = Math.min(input, Math.floor(centre + 2 * widening + 0.5));
    const weights = Array.from({ length: input }, (_, j) =>
      j >= from && j < to ? cubic((j + 0.5 - centre) / widening) : 0,
    );
    const sum = weights.reduce((s, v) => s + v, 0);
    return weights.map((v) => v / sum);
  });
}

function cubic(x: number): number {
  const a = -0.5;
  const d = Math.abs(x);
  if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}
