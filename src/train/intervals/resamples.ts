import { Rng, Stream } from '../../core/rng.js';
import type { Predictions, Targets } from '../metrics/index.js';

/** Resamples that are drawn, fewer where there is much to compute. */
const RESAMPLES = 1000;
const LEAST_RESAMPLES = 100;
/** About a second or two of work for the dearest metrics. */
const NUMBERS = 2e8;

/** Pictures drawn again and again with replacement, as many as there are (Efron 1979): the positions of each time. */
export function* resamples({ n, classes }: Predictions, seed: number): Generator<Int32Array> {
  const count = Math.round(Math.min(RESAMPLES, Math.max(LEAST_RESAMPLES, NUMBERS / (n * classes))));
  const drawn = new Int32Array(n);
  for (let resample = 0; resample < count; resample++) {
    const rng = new Rng(seed, Stream.bootstrap, resample);
    for (let i = 0; i < n; i++) drawn[i] = rng.int(n);
    yield drawn;
  }
}

/** The predictions of some pictures. */
export function predictionsAt({ data, n, classes }: Predictions, drawn: Int32Array): Predictions {
  const picked = new Float32Array(n * classes);
  drawn.forEach((from, i) => {
    picked.set(data.subarray(from * classes, (from + 1) * classes), i * classes);
  });
  return { data: picked, n, classes };
}

/** The targets of some pictures. */
export function targetsAt(targets: Targets, drawn: Int32Array): Targets {
  const width = targets.length / drawn.length;
  const picked = targets.slice();
  drawn.forEach((from, i) => {
    picked.set(targets.subarray(from * width, (from + 1) * width), i * width);
  });
  return picked;
}

/** The bounds that hold the middle of some values; NaN where most are undefined. */
export function percentiles(values: readonly number[], confidence: number): readonly [number, number] {
  const defined = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (defined.length < values.length / 2) return [Number.NaN, Number.NaN];
  const outside = (1 - confidence) / 2;
  return [quantile(defined, outside), quantile(defined, 1 - outside)];
}

/** Of sorted values, between the nearest two. */
function quantile(sorted: readonly number[], q: number): number {
  const at = q * (sorted.length - 1);
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}
