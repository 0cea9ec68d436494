import { Rng } from '../../../core/rng.js';
import { awayTable, blended } from './colours.js';
import type { Pass } from './pass.js';

/** Changes that look at the pixels around each. */

/** Away from a smoothed picture (3 × 3, the middle weighs 5 of 13), or towards it; the outermost pixels stay, as in Pillow. */
export function adjustSharpness(factor: number): Pass {
  const away = awayTable(factor);
  return (pixels, size) => {
    const before = pixels.slice();
    const columns = new Int32Array(size);
    for (let c = 0; c < 3; c++) {
      for (let y = 1; y < size - 1; y++) {
        const row = (c * size + y) * size;
        for (let x = 0; x < size; x++) {
          const i = row + x;
          columns[x] = (before[i - size] ?? 0) + (before[i] ?? 0) + (before[i + size] ?? 0);
        }
        for (let x = 1; x < size - 1; x++) {
          const sum = (columns[x - 1] ?? 0) + (columns[x] ?? 0) + (columns[x + 1] ?? 0) + 4 * (before[row + x] ?? 0);
          // To the nearest whole number; there are no halves among thirteenths.
          pixels[row + x] = blended(((2 * sum + 13) / 26) | 0, before[row + x] ?? 0, away);
        }
      }
    }
  };
}

/** Blurs by a Gaussian with a deviation of `sigma` pixels, edges repeated. */
export function gaussianBlur(sigma: number): Pass {
  const weights = halfGaussian(sigma);
  const radius = weights.length - 1;
  return (pixels, size) => {
    const line = new Float32Array(size + 2 * radius);
    const sums = new Float32Array(size);
    for (let c = 0; c < 3; c++) {
      for (let i = 0; i < size; i++) blurLine(pixels, (c * size + i) * size, 1, line, sums, weights);
      for (let i = 0; i < size; i++) blurLine(pixels, c * size * size + i, size, line, sums, weights);
    }
  };
}

/** The middle weight of a Gaussian and those of one side of it, up to three deviations away; all of both sides add up to 1. */
function halfGaussian(sigma: number): Float32Array {
  const weights = Float64Array.from({ length: Math.max(1, Math.ceil(3 * sigma)) + 1 }, (_, i) =>
    Math.exp(-(i * i) / (2 * sigma * sigma)),
  );
  const total = weights.reduce((sum, weight, i) => sum + (i === 0 ? weight : 2 * weight), 0);
  return Float32Array.from(weights, (weight) => weight / total);
}

/**
 * Blurs every `step`th byte from `start` on.
 *
 * @param line room for as many and the weights' reach on both sides
 * @param sums room for as many
 */
function blurLine(
  pixels: Uint8Array,
  start: number,
  step: number,
  line: Float32Array,
  sums: Float32Array,
  weights: Float32Array,
): void {
  const [count, radius] = [sums.length, weights.length - 1];
  for (let i = 0; i < count; i++) line[radius + i] = pixels[start + i * step] ?? 0;
  line.fill(line[radius] ?? 0, 0, radius);
  line.fill(line[radius + count - 1] ?? 0, radius + count);
  sums.fill(0.5);
  for (let k = -radius; k <= radius; k++) {
    const weight = weights[Math.abs(k)] ?? 0;
    for (let i = 0; i < count; i++) sums[i] = (sums[i] ?? 0) + (line[radius + k + i] ?? 0) * weight;
  }
  for (let i = 0; i < count; i++) pixels[start + i * step] = sums[i] ?? 0;
}

/** Puts in the place of each pixel one from up to `reach` pixels away, across and down, each drawn by itself; edges repeated. */
export function jitter(reach: number, seed: number): Pass {
  return (pixels, size) => {
    const rng = new Rng(seed);
    const before = pixels.slice();
    const area = size * size;
    const last = size - 1;
    const scale = reach / 32768;
    for (let y = 0, to = 0; y < size; y++) {
      for (let x = 0; x < size; x++, to++) {
        const random = rng.uint32();
        const dx = Math.floor(((random & 0xffff) - 32767.5) * scale + 0.5);
        const dy = Math.floor(((random >>> 16) - 32767.5) * scale + 0.5);
        const from = Math.min(Math.max(y + dy, 0), last) * size + Math.min(Math.max(x + dx, 0), last);
        pixels[to] = before[from] ?? 0;
        pixels[area + to] = before[area + from] ?? 0;
        pixels[2 * area + to] = before[2 * area + from] ?? 0;
      }
    }
  };
}
