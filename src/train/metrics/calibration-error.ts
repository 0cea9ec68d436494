import { UserError } from '../../core/errors.js';
import { argMax } from './arg-max.js';
import { type Metric, named, SINGLE, singleLabels } from './metric.js';

/**
 * Expected calibration error (Guo et al. 2017): how far the probability of the chosen class is from the share of right choices, on
 * average over bins of equal width; each holds its upper bound.
 *
 * @param options.bins default 15
 */
export function calibrationError({ bins = 15 }: { readonly bins?: number } = {}): Metric {
  if (!Number.isInteger(bins) || bins < 1) {
    throw new UserError(`bins (of calibrationError) must be a whole number of at least 1, not ${bins}`);
  }
  return named(
    'calibration_error',
    (preds, targets) => {
      const labels = singleLabels('calibration_error', preds, targets);
      /** For each bin, Σ (right − confidence). */
      const gaps = new Float64Array(bins);
      argMax(preds).forEach((predicted, i) => {
        const confidence = preds.data[i * preds.classes + predicted] ?? 0;
        const bin = Math.min(bins - 1, Math.max(0, Math.ceil(confidence * bins) - 1));
        gaps[bin] = (gaps[bin] ?? 0) + (predicted === labels[i] ? 1 : 0) - confidence;
      });
      return gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / preds.n;
    },
    { tasks: SINGLE },
  );
}
