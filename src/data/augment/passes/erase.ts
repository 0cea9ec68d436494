import { Rng } from '../../../core/rng.js';
import { heldByte } from './colours.js';
import type { Pass } from './pass.js';

/** Changes that put something else in the place of pixels. */

/** Part of the square in pixels. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Mean and deviation of ImageNet's pixels in each channel: what is 0 and 1 to a network that was trained on it. */
const MEAN = [123.675, 116.28, 103.53];
const DEVIATION = [58.395, 57.12, 57.375];

/** One colour. */
export function fill(box: Box, colour: readonly number[]): Pass {
  return (pixels, size) => {
    eachRow(box, size, (start, end, c) => {
      pixels.fill(Math.round(colour[c] ?? 0), start, end);
    });
  };
}

/** The mean colour of ImageNet. */
export function fillMean(box: Box): Pass {
  return fill(box, MEAN);
}

/** One colour, drawn as ImageNet's are distributed. */
export function fillRandom(box: Box, seed: number): Pass {
  const rng = new Rng(seed);
  return fill(
    box,
    MEAN.map((mean, c) => heldByte(Math.round(mean + (DEVIATION[c] ?? 0) * rng.normal()))),
  );
}

/** Each pixel another colour, drawn as ImageNet's are distributed. */
export function fillNoise(box: Box, seed: number): Pass {
  return (pixels, size) => {
    const rng = new Rng(seed);
    eachRow(box, size, (start, end, c) => {
      const mean = MEAN[c] ?? 0;
      // The sum of four bytes is nearly normal, with mean 510 and this deviation.
      const scale = (DEVIATION[c] ?? 0) / Math.sqrt(65535 / 3);
      const offset = mean + 0.5 - 510 * scale;
      for (let i = start; i < end; i++) {
        const random = rng.uint32();
        const sum = (random & 255) + ((random >>> 8) & 255) + ((random >>> 16) & 255) + (random >>> 24);
        pixels[i] = heldByte((offset + sum * scale) | 0);
      }
    });
  };
}

/** One channel becomes noise, uniform up to `highest` (0 to 1). */
export function noiseChannel(channel: number, highest: number, seed: number): Pass {
  return (pixels, size) => {
    const rng = new Rng(seed);
    const scale = (256 * highest) / 2 ** 32;
    for (let i = channel * size * size; i < (channel + 1) * size * size; i++) pixels[i] = rng.uint32() * scale;
  };
}

function eachRow(box: Box, size: number, row: (start: number, end: number, channel: number) => void): void {
  const { left, top, width, height } = box;
  for (let c = 0; c < 3; c++) {
    for (let y = top; y < top + height; y++) {
      const start = (c * size + y) * size + left;
      row(start, start + width, c);
    }
  }
}
