import type { Metric, Predictions, Targets } from 'onecycle';

/** The mean probability of what is true. A metric is a function; it is shown under the function's name. */
export const trueShare: Metric = function trueShare(preds: Predictions, targets: Targets): number {
  let sum = 0;
  targets.forEach((label, i) => {
    sum += preds.data[i * preds.classes + label] ?? 0;
  });
  return sum / preds.n;
};
