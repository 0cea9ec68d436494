import { SIDE } from './thumbnail.js';
import { linearTaps, type Window } from './window.js';

/** Side of what is compared, in pixels: half a thumbnail's, so that being enlarged or compressed matters little. */
const HALF = SIDE / 2;
const CELLS = HALF * HALF;

/** A picture in two forms, each with mean 0 and length 1: as a whole, and its detail (what a blur by 3 × 3 takes away). */
export interface Texture {
  readonly whole: Float32Array;
  readonly detail: Float32Array;
  /** Standard deviation of the detail, in grey levels. */
  readonly contrast: number;
}

/** How alike two pictures are, from -1 to 1: the correlation of grey levels, and of their detail. */
export interface Likeness {
  readonly whole: number;
  readonly detail: number;
}

/** The part of a thumbnail that a window shows, [16, 16], as a texture. */
export function texture(thumb: Uint8Array, { x0, x1, y0, y1 }: Window, mirror = false): Texture {
  const rows = linearTaps(y0, y1, SIDE);
  const columns = linearTaps(x0, x1, SIDE);
  // Two samples, of two pixels each, make one pixel of the result.
  const lines = new Float32Array(HALF * SIDE);
  for (let k = 0; k < 2 * SIDE; k++) {
    const to = (k >> 2) * SIDE;
    const from = (rows.at[k] ?? 0) * SIDE;
    const factor = (rows.by[k] ?? 0) / 2;
    for (let x = 0; x < SIDE; x++) lines[to + x] = (lines[to + x] ?? 0) + factor * (thumb[from + x] ?? 0);
  }
  const grey = new Float32Array(CELLS);
  for (let k = 0; k < 2 * SIDE; k++) {
    const to = mirror ? HALF - 1 - (k >> 2) : k >> 2;
    const from = columns.at[k] ?? 0;
    const factor = (columns.by[k] ?? 0) / 2;
    for (let y = 0; y < HALF; y++) {
      grey[y * HALF + to] = (grey[y * HALF + to] ?? 0) + factor * (lines[y * SIDE + from] ?? 0);
    }
  }
  const detail = withoutBlur(grey);
  const contrast = standardise(detail) / HALF;
  standardise(grey);
  return { whole: grey, detail, contrast };
}

function likeness(a: Texture, b: Texture): Likeness {
  return { whole: correlation(a.whole, b.whole), detail: correlation(a.detail, b.detail) };
}

/** Textures of many pictures, in a byte for each value: close enough to leave out what is not alike. */
export class RoughTextures {
  /** Values times `SCALE`, [n, 2, 16, 16]. */
  readonly #values: Int8Array;

  constructor(n: number) {
    this.#values = new Int8Array(n * 2 * CELLS);
  }

  set(i: number, { whole, detail }: Texture): void {
    const at = i * 2 * CELLS;
    for (let k = 0; k < CELLS; k++) {
      this.#values[at + k] = byteOf(whole[k] ?? 0);
      this.#values[at + CELLS + k] = byteOf(detail[k] ?? 0);
    }
  }

  likeness(i: number, { whole, detail }: Texture): Likeness {
    const at = i * 2 * CELLS;
    let wholes = 0;
    let details = 0;
    for (let k = 0; k < CELLS; k++) {
      wholes += (this.#values[at + k] ?? 0) * (whole[k] ?? 0);
      details += (this.#values[at + CELLS + k] ?? 0) * (detail[k] ?? 0);
    }
    return { whole: wholes / SCALE, detail: details / SCALE };
  }
}

/** Values are about 1/16; few are so large that they are cut off. */
const SCALE = 400;

function byteOf(value: number): number {
  return Math.max(-127, Math.min(127, Math.round(SCALE * value)));
}

/**
 * Moves the edges of the window until the texture that it shows is most like `other`, and tells how alike they are then. The window
 * may reach a little over the picture's edges, where the outermost pixels are repeated.
 */
export function align(thumb: Uint8Array, start: Window, mirror: boolean, other: Texture): Likeness {
  let window = start;
  let best = likeness(texture(thumb, window, mirror), other);
  for (const step of [1 / SIDE, 1 / (2 * SIDE)]) {
    // Each round moves one edge; a few are enough to settle.
    for (let round = 0; round < 4; round++) {
      const before = best;
      for (const edge of ['x0', 'x1', 'y0', 'y1'] as const) {
        for (const move of [-step, step]) {
          const moved = { ...window, [edge]: window[edge] + move };
          const found = likeness(texture(thumb, moved, mirror), other);
          if (found.whole + found.detail <= best.whole + best.detail) continue;
          best = found;
          window = moved;
        }
      }
      if (best === before) break;
    }
  }
  return best;
}

function withoutBlur(grey: Float32Array): Float32Array {
  const detail = new Float32Array(CELLS);
  for (let y = 0; y < HALF; y++) {
    const above = Math.max(0, y - 1) * HALF;
    const below = Math.min(HALF - 1, y + 1) * HALF;
    for (let x = 0; x < HALF; x++) {
      let sum = 0;
      for (let dx = -1; dx <= 1; dx++) {
        const column = Math.min(HALF - 1, Math.max(0, x + dx));
        sum += (grey[above + column] ?? 0) + (grey[y * HALF + column] ?? 0) + (grey[below + column] ?? 0);
      }
      detail[y * HALF + x] = (grey[y * HALF + x] ?? 0) - sum / 9;
    }
  }
  return detail;
}

/** Brings values to mean 0 and length 1, or to zeros if they are all the same; gives the length that they had. */
function standardise(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < CELLS; i++) sum += values[i] ?? 0;
  const mean = sum / CELLS;
  let squares = 0;
  for (let i = 0; i < CELLS; i++) squares += ((values[i] ?? 0) - mean) ** 2;
  const norm = Math.sqrt(squares);
  const scale = norm < 1e-3 ? 0 : 1 / norm;
  for (let i = 0; i < CELLS; i++) values[i] = scale * ((values[i] ?? 0) - mean);
  return norm;
}

function correlation(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < CELLS; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}
