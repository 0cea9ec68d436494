import type { DecodedPicture } from '../data/node/decode.js';

/** Side of the grey thumbnails that pictures are compared by, in pixels. */
export const SIDE = 32;

/** Luma of Rec. 601 of an RGB picture, averaged over the cells of a grid: uint8, [32, 32], whatever the picture's shape. */
export function thumbnail({ pixels, width, height }: DecodedPicture, target = new Uint8Array(SIDE * SIDE)): Uint8Array {
  const xs = cells(width);
  const ys = cells(height);
  const row = new Float64Array(width);
  for (let y = 0; y < SIDE; y++) {
    row.fill(0);
    for (const { at, share } of ys[y] ?? []) {
      let i = 3 * at * width;
      for (let x = 0; x < width; x++, i += 3) {
        const luma = 0.299 * (pixels[i] ?? 0) + 0.587 * (pixels[i + 1] ?? 0) + 0.114 * (pixels[i + 2] ?? 0);
        row[x] = (row[x] ?? 0) + share * luma;
      }
    }
    for (let x = 0; x < SIDE; x++) {
      let sum = 0;
      for (const { at, share } of xs[x] ?? []) sum += share * (row[at] ?? 0);
      target[y * SIDE + x] = Math.round(sum);
    }
  }
  return target;
}

interface Part {
  readonly at: number;
  /** The part of the cell that this pixel covers; a cell's shares add up to 1. */
  readonly share: number;
}

/** Which pixels of a line lie in each of its 32 cells. */
function cells(length: number): readonly Part[][] {
  return Array.from({ length: SIDE }, (_, cell) => {
    const low = (cell * length) / SIDE;
    const high = ((cell + 1) * length) / SIDE;
    const parts: Part[] = [];
    for (let at = Math.floor(low); at < high && at < length; at++) {
      const covered = Math.min(high, at + 1) - Math.max(low, at);
      if (covered > 0) parts.push({ at, share: covered / (high - low) });
    }
    return parts;
  });
}
