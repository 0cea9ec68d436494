import type { DecodedPicture } from '../data/node/decode.js';

/** Cells along a side. */
const GRID = 4;
/** Added to the mean luma, in grey levels, so that the colours of dark pictures are not overrated. */
const DARK = 16;

/**
 * Where a picture has which colours: blue and red less luma, by cell of a grid of 4 × 4, [4, 4, 2], as shares of the picture's mean luma.
 * Brightness and contrast hardly change it.
 */
export type Chroma = Float32Array;

export function chromaOf({ pixels, width, height }: DecodedPicture): Chroma {
  const sums = new Float64Array(2 * GRID * GRID);
  const counts = new Float64Array(GRID * GRID);
  let total = 0;
  for (let y = 0, i = 0; y < height; y++) {
    const row = Math.floor((GRID * y) / height) * GRID;
    for (let x = 0; x < width; x++, i += 3) {
      const red = pixels[i] ?? 0;
      const blue = pixels[i + 2] ?? 0;
      const luma = 0.299 * red + 0.587 * (pixels[i + 1] ?? 0) + 0.114 * blue;
      const cell = row + Math.floor((GRID * x) / width);
      total += luma;
      counts[cell] = (counts[cell] ?? 0) + 1;
      sums[2 * cell] = (sums[2 * cell] ?? 0) + blue - luma;
      sums[2 * cell + 1] = (sums[2 * cell + 1] ?? 0) + red - luma;
    }
  }
  const scale = total / (width * height) + DARK;
  return Float32Array.from(sums, (sum, i) => sum / (Math.max(1, counts[i >> 1] ?? 0) * scale));
}

/** How far the colours of two pictures are apart: the root of the mean squared difference. */
export function chromaDistance(a: Chroma, b: Chroma, mirror: boolean): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    const column = (i >> 1) % GRID;
    const other = mirror ? i + 2 * (GRID - 1 - 2 * column) : i;
    sum += ((a[i] ?? 0) - (b[other] ?? 0)) ** 2;
  }
  return Math.sqrt(sum / a.length);
}
