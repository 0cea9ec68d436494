import type { Homography } from './homography.js';
import type { View } from './view.js';

/** A decoded picture: interleaved RGB bytes, [height, width, 3], somewhere inside a larger array. */
export interface BasePicture {
  readonly pixels: Uint8Array;
  /** Where in `pixels` the picture starts. */
  readonly start: number;
  readonly width: number;
  readonly height: number;
}

// Sampling positions are rounded to 1/2048 of a pixel: two weights and a byte then fit into 30 bits.
const BITS = 11;
const ONE = 1 << BITS;
const MASK = ONE - 1;
const SHIFT = 2 * BITS;
const HALF = 1 << (SHIFT - 1);
/** How far inside the picture, in pixels, a position must lie for the path without bounds handling. */
const MARGIN = 1 / 1024;
const SMALLEST_DEPTH = 1e-6;

/**
 * Takes one square picture out of a base picture: bilinear, reflected beyond the edges (about the outermost pixel
 * centres). A view that only moves by whole pixels is copied, so nothing is blurred.
 *
 * @param out RGB planes, [3, size, size] from `outStart` on
 */
export function renderView(base: BasePicture, view: View, out: Uint8Array, outStart: number, size: number): void {
  const { map } = view;
  if (isCopy(map, base, size)) copy(base, map[2], map[5], view.table, out, outStart, size);
  else sample(base.pixels, base.start, base.width, base.height, map, view.table, out, outStart, size);
}

/** The coordinate in [0, length) that a coordinate beyond the edges mirrors to: …2 1 [0 1 2 … n-1] n-2…. */
export function reflect(position: number, length: number): number {
  if (position >= 0 && position < length) return position;
  if (length === 1) return 0;
  const last = length - 1;
  // One fold is the usual case; the remainder of a division is slow.
  const once = position < 0 ? -position : 2 * last - position;
  if (once >= 0 && once <= last) return once;
  const period = 2 * last;
  const folded = ((position % period) + period) % period;
  return folded < length ? folded : period - folded;
}

function isCopy(m: Homography, base: BasePicture, size: number): boolean {
  const moves = m[0] === 1 && m[1] === 0 && m[3] === 0 && m[4] === 1 && m[6] === 0 && m[7] === 0 && m[8] === 1;
  const whole = Number.isInteger(m[2]) && Number.isInteger(m[5]);
  return moves && whole && m[2] >= 0 && m[5] >= 0 && m[2] + size <= base.width && m[5] + size <= base.height;
}

function copy(
  base: BasePicture,
  col: number,
  row: number,
  table: Uint8Array,
  out: Uint8Array,
  outStart: number,
  size: number,
): void {
  const { pixels, start, width } = base;
  const plane = size * size;
  for (let y = 0; y < size; y++) {
    let from = start + ((row + y) * width + col) * 3;
    let to = outStart + y * size;
    for (let x = 0; x < size; x++, from += 3, to++) {
      out[to] = at(table, at(pixels, from));
      out[to + plane] = at(table, at(pixels, from + 1));
      out[to + 2 * plane] = at(table, at(pixels, from + 2));
    }
  }
}

function sample(
  pixels: Uint8Array,
  start: number,
  width: number,
  height: number,
  map: Homography,
  table: Uint8Array,
  out: Uint8Array,
  outStart: number,
  size: number,
): void {
  const [m0, m1, m2, m3, m4, m5, m6, m7, m8] = map;
  const plane = size * size;
  const stride = width * 3;
  const right = width - 1 - MARGIN;
  const bottom = height - 1 - MARGIN;
  for (let y = 0; y < size; y++) {
    // Along a row the numerators and the depth are linear in x, so each condition for being inside is too.
    const bx = m1 * y + m2;
    const by = m4 * y + m5;
    const bd = m7 * y + m8;
    let first = 0;
    let end = size;
    first = Math.max(first, lower(m0 - MARGIN * m6, bx - MARGIN * bd));
    end = Math.min(end, upper(m0 - MARGIN * m6, bx - MARGIN * bd));
    first = Math.max(first, lower(right * m6 - m0, right * bd - bx));
    end = Math.min(end, upper(right * m6 - m0, right * bd - bx));
    first = Math.max(first, lower(m3 - MARGIN * m6, by - MARGIN * bd));
    end = Math.min(end, upper(m3 - MARGIN * m6, by - MARGIN * bd));
    first = Math.max(first, lower(bottom * m6 - m3, bottom * bd - by));
    end = Math.min(end, upper(bottom * m6 - m3, bottom * bd - by));
    first = Math.max(first, lower(m6, bd - SMALLEST_DEPTH));
    end = Math.min(end, upper(m6, bd - SMALLEST_DEPTH));
    if (first >= end) {
      first = size;
      end = size;
    }

    const to = outStart + y * size;
    if (first > 0) sampleOutside(pixels, start, width, height, map, table, out, to, plane, y, 0, first);
    let nx = m0 * first + bx;
    let ny = m3 * first + by;
    let depth = m6 * first + bd;
    for (let x = first; x < end; x++) {
      const scale = ONE / depth;
      const px = (nx * scale + 0.5) | 0;
      const py = (ny * scale + 0.5) | 0;
      nx += m0;
      ny += m3;
      depth += m6;
      const fx = px & MASK;
      const fy = py & MASK;
      const p = (start + Math.imul(py >> BITS, stride) + Math.imul(px >> BITS, 3)) | 0;
      const q = (p + stride) | 0;
      const w11 = Math.imul(fx, fy);
      const w10 = ((fy << BITS) - w11) | 0;
      const w01 = ((fx << BITS) - w11) | 0;
      const w00 = ((1 << SHIFT) - w11 - w10 - w01) | 0;
      const rAbove = (Math.imul(w00, at(pixels, p)) + Math.imul(w01, at(pixels, p + 3))) | 0;
      const rBelow = (Math.imul(w10, at(pixels, q)) + Math.imul(w11, at(pixels, q + 3))) | 0;
      const gAbove = (Math.imul(w00, at(pixels, p + 1)) + Math.imul(w01, at(pixels, p + 4))) | 0;
      const gBelow = (Math.imul(w10, at(pixels, q + 1)) + Math.imul(w11, at(pixels, q + 4))) | 0;
      const bAbove = (Math.imul(w00, at(pixels, p + 2)) + Math.imul(w01, at(pixels, p + 5))) | 0;
      const bBelow = (Math.imul(w10, at(pixels, q + 2)) + Math.imul(w11, at(pixels, q + 5))) | 0;
      out[to + x] = at(table, (rAbove + rBelow + HALF) >> SHIFT);
      out[to + x + plane] = at(table, (gAbove + gBelow + HALF) >> SHIFT);
      out[to + x + 2 * plane] = at(table, (bAbove + bBelow + HALF) >> SHIFT);
    }
    if (end < size) sampleOutside(pixels, start, width, height, map, table, out, to, plane, y, end, size);
  }
}

/** The part of a row, x from `first` up to `end`, that may reach beyond the edges. */
function sampleOutside(
  pixels: Uint8Array,
  start: number,
  width: number,
  height: number,
  map: Homography,
  table: Uint8Array,
  out: Uint8Array,
  to: number,
  plane: number,
  y: number,
  first: number,
  end: number,
): void {
  for (let x = first; x < end; x++) {
    const scale = ONE / Math.max(SMALLEST_DEPTH, map[6] * x + map[7] * y + map[8]);
    const px = toInt32((map[0] * x + map[1] * y + map[2]) * scale);
    const py = toInt32((map[3] * x + map[4] * y + map[5]) * scale);
    const ix = px >> BITS;
    const iy = py >> BITS;
    const fx = px & MASK;
    const fy = py & MASK;
    const left = reflect(ix, width) * 3;
    const right = reflect(ix + 1, width) * 3;
    const above = start + reflect(iy, height) * width * 3;
    const below = start + reflect(iy + 1, height) * width * 3;
    for (let c = 0; c < 3; c++) {
      const sum =
        (ONE - fy) * ((ONE - fx) * at(pixels, above + left + c) + fx * at(pixels, above + right + c)) +
        fy * ((ONE - fx) * at(pixels, below + left + c) + fx * at(pixels, below + right + c));
      out[to + x + c * plane] = at(table, (sum + HALF) >> SHIFT);
    }
  }
}

/** The nearest integer; positions absurdly far away (a horizon inside the picture) are held at ±2³⁰. */
function toInt32(value: number): number {
  return Math.floor(Math.min(Math.max(value, -1073741824), 1073741824) + 0.5) | 0;
}

/** The first whole x for which slope·x + offset can be 0 or more. */
function lower(slope: number, offset: number): number {
  if (slope > 0) return Math.ceil(-offset / slope);
  return slope === 0 && offset < 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
}

/** One beyond the last whole x for which slope·x + offset can be 0 or more. */
function upper(slope: number, offset: number): number {
  if (slope < 0) return Math.floor(-offset / slope) + 1;
  return slope === 0 && offset < 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** An element that is known to be there; the fallback only speaks to the compiler and costs nothing. */
function at(array: Uint8Array, index: number): number {
  return array[index] ?? 0;
}
