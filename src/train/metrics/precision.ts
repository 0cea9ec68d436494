import { type AverageOptions, countingMetric, ratio } from './counts.js';
import type { Metric } from './metric.js';

/** Share of right ones among the pictures that were given a class. */
export function precision(options: AverageOptions = {}): Metric {
  return countingMetric('precision', ({ tp, fp }) => ratio(tp, tp + fp), options);
}
