/** A part of a picture, its edges as shares of width and height. */
export interface Window {
  readonly x0: number;
  readonly x1: number;
  readonly y0: number;
  readonly y1: number;
}

export const WHOLE: Window = { x0: 0, x1: 1, y0: 0, y1: 1 };

/**
 * How a line of `side` pixels is sampled: sample i of the part from `low` to `high` is the sum of the pixels `at[k]` times `by[k]`
 * for k from 2i to 2i + 1 (linear interpolation; the outermost pixels are repeated beyond the edges).
 */
export interface Taps {
  readonly at: Int32Array;
  readonly by: Float32Array;
}

export function linearTaps(low: number, high: number, side: number): Taps {
  const at = new Int32Array(2 * side);
  const by = new Float32Array(2 * side);
  for (let i = 0; i < side; i++) {
    const place = (low + ((high - low) * (i + 0.5)) / side) * side - 0.5;
    const left = Math.floor(place);
    at[2 * i] = Math.min(side - 1, Math.max(0, left));
    at[2 * i + 1] = Math.min(side - 1, Math.max(0, left + 1));
    by[2 * i] = 1 - (place - left);
    by[2 * i + 1] = place - left;
  }
  return { at, by };
}
