import { Rng, Stream } from '../../core/rng.js';
import type { Metric, Predictions, Targets } from '../metrics/index.js';

/** Resamples that are drawn, fewer where there is much to compute. */
const RESAMPLES = 1000;
const LEAST_RESAMPLES = 100;
/** About a second or two of work for the dearest metrics. */
const NUMBERS = 2e8;

/**
 * A metric's interval from pictures drawn again and again with replacement, as many as there are: its percentiles (Efron 1979). Resamples for which
 * it is undefined are left out; NaN if it is for most.
 *
 * @param confidence for example 0.95
 */
export function bootstrap(
  metric: Metric,
  preds: Predictions,
  targets: Targets,
  confidence: number,
  seed: number,
): readonly [number, number] {
  const { n, classes } = preds;
  const resamples = Math.round(Math.min(RESAMPLES, Math.max(LEAST_RESAMPLES, NUMBERS / (n * classes))));
  const data = new Float32Array(n * classes);
  const drawn = targets.slice();
  const width = targets.length / n;
  const values: number[] = [];
  for (let resample = 0; resample < resamples; resample++) {
    const rng = new Rng(seed, Stream.bootstrap, resample);
    for (let i = 0; i < n; i++) {
      const from = rng.int(n);
      data.set(preds.data.subarray(from * classes, (from + 1) * classes), i * classes);
      drawn.set(targets.subarray(from * width, (from + 1) * width), i * width);
    }
    const value = metric({ data, n, classes }, drawn);
    if (Number.isFinite(value)) values.push(value);
  }
  if (values.length < resamples / 2) return [Number.NaN, Number.NaN];
  values.sort((a, b) => a - b);
  const outside = (1 - confidence) / 2;
  return [quantile(values, outside), quantile(values, 1 - outside)];
}

/** Of sorted values, between the nearest two. */
function quantile(sorted: readonly number[], q: number): number {
  const at = q * (sorted.length - 1);
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}
