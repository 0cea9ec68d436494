import type { Metric, Predictions, Targets } from '../metrics/index.js';
import { bootstrap } from './bootstrap.js';
import { wilson } from './wilson.js';

export { type Difference, pairedDifference, unpairedDifference } from './difference.js';

/** A metric with its 95 % interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const CONFIDENCE = 0.95;

/** A share of n pictures with Wilson's interval. */
export function shareEstimate(value: number, n: number): Estimate {
  const [low, high] = wilson(value, n);
  return { value, low, high };
}

/**
 * A metric, and what these pictures tell about it on many more, at 95 % confidence: Wilson's interval for shares of pictures, the
 * bootstrap's percentiles for others. NaN where it is undefined.
 *
 * @param seed decides the bootstrap's draws
 */
export function estimate(metric: Metric, preds: Predictions, targets: Targets, seed = 0): Estimate {
  const value = metric(preds, targets);
  if (metric.isShare === true) return shareEstimate(value, preds.n);
  const [low, high] = bootstrap(metric, preds, targets, CONFIDENCE, seed);
  return { value, low, high };
}
