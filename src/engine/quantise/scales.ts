/** What a value's elements were while calibrating. */
export interface Observed {
  readonly min: number;
  readonly max: number;
  /** Some of them. */
  readonly samples: Float32Array;
}

/** How the range of a value is told: all that was seen, or all but the share that is furthest out at either end. */
export type Calibration = 'minmax' | 'percentile';

/** How many in a hundred are in the range of `percentile`. */
const PERCENTILE = 99.99;

/** value = scale · (byte − zero), bytes from 0 to 255. */
export interface ByteScale {
  readonly scale: number;
  readonly zero: number;
}

/** The scale of a value: its range with 0 in it, so that padding is exact. */
export function byteScale(observed: Observed, calibration: Calibration): ByteScale {
  const [low, high] = calibration === 'minmax' ? [observed.min, observed.max] : between(observed.samples);
  const [min, max] = [Math.min(0, low), Math.max(0, high)];
  const scale = Math.fround(Math.max((max - min) / 255, 1e-12));
  return { scale, zero: Math.min(255, Math.max(0, Math.round(-min / scale))) };
}

function between(samples: Float32Array): [number, number] {
  const sorted = Float32Array.from(samples).sort();
  const outer = (1 - PERCENTILE / 100) / 2;
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  return [at(outer), at(1 - outer)];
}

/** The scale of each output channel's weights, symmetric: value = scale · int8. */
export function weightScales(weight: Float32Array, channelOf: (i: number) => number, channels: number): Float32Array {
  const largest = new Float64Array(channels);
  weight.forEach((w, i) => {
    const c = channelOf(i);
    largest[c] = Math.max(largest[c] ?? 0, Math.abs(w));
  });
  return Float32Array.from(largest, (most) => Math.max(most / 127, 1e-12));
}
