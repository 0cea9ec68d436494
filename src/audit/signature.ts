import { SIDE } from './thumbnail.js';
import { linearTaps, WHOLE, type Window } from './window.js';

/**
 * What a thumbnail looks like in the large: its lowest frequencies but for the mean (DCT-II, as perceptual hashes use; Zauner,
 * "Implementation and benchmarking of perceptual image hash functions", 2010), of length 1.
 */
export type Signature = Float32Array;

/** Side of what is transformed, in pixels: the highest frequencies that count have a period of two of them. */
const HALF = SIDE / 2;
/** Frequencies taken along a side. */
const PER_SIDE = 8;
/** How many coefficients make a signature. */
export const LENGTH = 48;

/** The coefficients [row, column] of a signature, those that change slowest first; the mean is left out. */
const ORDER: readonly (readonly [row: number, col: number])[] = Array.from(
  { length: PER_SIDE * PER_SIDE },
  (_, i): readonly [number, number] => [Math.floor(i / PER_SIDE), i % PER_SIDE],
)
  .sort(([a, b], [c, d]) => a + b - c - d || a - c)
  .slice(1, LENGTH + 1);

/** Cosines [8, 16]: the DCT of a line. */
const COSINES = Float32Array.from({ length: PER_SIDE * HALF }, (_, i) =>
  Math.cos((Math.PI * (2 * (i % HALF) + 1) * Math.floor(i / HALF)) / (2 * HALF)),
);

/** Signatures of parts of thumbnails, as if each part were a picture of its own. */
export class Signer {
  readonly #rows: readonly Float32Array[];
  readonly #columns: readonly Float32Array[];
  readonly #rowOf: readonly number[];
  readonly #columnOf: readonly number[];

  constructor(readonly windows: readonly Window[] = [WHOLE]) {
    const rows = distinct(windows.map(({ y0, y1 }) => [y0, y1]));
    const columns = distinct(windows.map(({ x0, x1 }) => [x0, x1]));
    this.#rows = rows.ranges.map(transform);
    this.#columns = columns.ranges.map(transform);
    this.#rowOf = rows.index;
    this.#columnOf = columns.index;
  }

  /** The signature of each window of a thumbnail; all zeros for a window of one colour. */
  sign(thumb: Uint8Array): Signature[] {
    const small = halved(thumb);
    // Windows with the same rows share the first half of the work.
    const products = this.#rows.map((matrix) => timesPicture(matrix, small));
    return this.windows.map((_, w) => {
      const product = products[this.#rowOf[w] ?? 0] ?? new Float32Array();
      const matrix = this.#columns[this.#columnOf[w] ?? 0] ?? new Float32Array();
      return unit(ORDER.map(([row, col]) => dot(product, row * HALF, matrix, col * HALF)));
    });
  }
}

/** The signature of the mirrored picture. */
export function mirrored(signature: Signature): Signature {
  return signature.map((value, i) => ((ORDER[i]?.[1] ?? 0) % 2 === 1 ? -value : value));
}

function distinct(ranges: readonly (readonly [number, number])[]) {
  const names = [...new Set(ranges.map(String))];
  return {
    ranges: names.map((name) => name.split(',').map(Number)),
    index: ranges.map((range) => names.indexOf(String(range))),
  };
}

/** The DCT of a part of a line, [8, 16]. */
function transform([low = 0, high = 1]: readonly number[]): Float32Array {
  const { at, by } = linearTaps(low, high, HALF);
  const matrix = new Float32Array(PER_SIDE * HALF);
  for (let f = 0; f < PER_SIDE; f++) {
    at.forEach((x, k) => {
      const to = f * HALF + x;
      matrix[to] = (matrix[to] ?? 0) + (COSINES[f * HALF + (k >> 1)] ?? 0) * (by[k] ?? 0);
    });
  }
  return matrix;
}

/** Means of 2 × 2 pixels, [16, 16]. */
function halved(thumb: Uint8Array): Float32Array {
  return Float32Array.from({ length: HALF * HALF }, (_, i) => {
    const at = 2 * (Math.floor(i / HALF) * SIDE + (i % HALF));
    return ((thumb[at] ?? 0) + (thumb[at + 1] ?? 0) + (thumb[at + SIDE] ?? 0) + (thumb[at + SIDE + 1] ?? 0)) / 4;
  });
}

/** [8, 16] · [16, 16] */
function timesPicture(matrix: Float32Array, picture: Float32Array): Float32Array {
  const product = new Float32Array(PER_SIDE * HALF);
  for (let row = 0; row < PER_SIDE * HALF; row += HALF) {
    for (let k = 0; k < HALF; k++) {
      const factor = matrix[row + k] ?? 0;
      for (let x = 0; x < HALF; x++) {
        product[row + x] = (product[row + x] ?? 0) + factor * (picture[k * HALF + x] ?? 0);
      }
    }
  }
  return product;
}

function dot(a: Float32Array, atA: number, b: Float32Array, atB: number): number {
  let sum = 0;
  for (let i = 0; i < HALF; i++) sum += (a[atA + i] ?? 0) * (b[atB + i] ?? 0);
  return sum;
}

function unit(values: readonly number[]): Signature {
  const norm = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  return Float32Array.from(values, (value) => (norm < 1e-3 ? 0 : value / norm));
}
