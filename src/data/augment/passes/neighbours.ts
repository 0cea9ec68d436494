import { Rng } from '../../../core/rng.js';
import { awayTable, blended } from './colours.js';
import type { Pass } from './pass.js';

/** Changes that look at the pixels around each. */

/** Away from a smoothed picture (3 × 3, the middle weighs 5 of 13), or towards it; the outermost pixels stay, as in Pillow. */
export function adjustSharpness(factor: number): Pass {
  const away = awayTable(factor);
  return (pixels, size) => sharpen(pixels, size, away);
}

function sharpen(pixels: Uint8Array, size: number, away: Int16Array): void {
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
}

/** Blurs by a Gaussian with a deviation of `sigma` pixels, edges repeated. */
export function gaussianBlur(sigma: number): Pass {
  const weights = halfGaussian(sigma);
  return (pixels, size) => {
    const line = new Int32Array(size + 2 * weights.length);
    for (let c = 0; c < 3; c++) {
      for (let i = 0; i < size; i++) blurLine(pixels, (c * size + i) * size, 1, size, line, weights);
      for (let i = 0; i < size; i++) blurLine(pixels, c * size * size + i, size, size, line, weights);
    }
  };
}

/** The middle weight of a Gaussian and those of one side, up to three deviations away, in 1/65536; all of both sides add up to 1. */
function halfGaussian(sigma: number): Int32Array {
  const weights = Float64Array.from({ length: Math.max(1, Math.ceil(3 * sigma)) + 1 }, (_, i) =>
    Math.exp(-(i * i) / (2 * sigma * sigma)),
  );
  const total = weights.reduce((sum, weight, i) => sum + (i === 0 ? weight : 2 * weight), 0);
  const whole = Int32Array.from(weights, (weight) => Math.round((65536 * weight) / total));
  // What was rounded off is the middle's.
  whole[0] = 65536 - 2 * whole.subarray(1).reduce((sum, weight) => sum + weight, 0);
  return whole;
}

/**
 * Blurs every `step`th of `count` bytes from `start` on.
 *
 * @param line room for as many and the weights' reach on both sides
 */
function blurLine(
  pixels: Uint8Array,
  start: number,
  step: number,
  count: number,
  line: Int32Array,
  weights: Int32Array,
): void {
  const radius = weights.length - 1;
  for (let i = 0; i < count; i++) line[radius + i] = pixels[start + i * step] ?? 0;
  line.fill(line[radius] ?? 0, 0, radius);
  line.fill(line[radius + count - 1] ?? 0, radius + count);
  const middle = weights[0] ?? 0;
  for (let i = 0; i < count; i++) {
    const at = radius + i;
    let sum = middle * (line[at] ?? 0) + 32768;
    for (let k = 1; k <= radius; k++) sum += (weights[k] ?? 0) * ((line[at - k] ?? 0) + (line[at + k] ?? 0));
    pixels[start + i * step] = sum >> 16;
  }
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
