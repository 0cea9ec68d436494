import { type AverageOptions, countingMetric, ratio } from './counts.js';
import type { Metric } from './metric.js';

/** Share of a class's pictures that were found. */
export function recall(options: AverageOptions = {}): Metric {
  return countingMetric('recall', ({ tp, fn }) => ratio(tp, tp + fn), options);
}
