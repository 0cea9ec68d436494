import type { Metric, Predictions, Targets } from '../metrics/index.js';
import { percentiles, predictionsAt, resamples, targetsAt } from './resamples.js';

/**
 * A metric's interval from pictures drawn again and again with replacement: its percentiles (Efron 1979). Resamples for which
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
  const values: number[] = [];
  for (const drawn of resamples(preds, seed)) {
    values.push(metric(predictionsAt(preds, drawn), targetsAt(targets, drawn)));
  }
  return percentiles(values, confidence);
}
