import { singleCounts } from './counts.js';
import { mean, named, SINGLE, singleLabels } from './metric.js';

/** The mean of the classes' recalls; classes without pictures are left out. */
export const balancedAccuracy = named(
  'balanced_accuracy',
  (preds, targets) => {
    const counts = singleCounts(preds, singleLabels('balanced_accuracy', preds, targets));
    return mean(counts.filter(({ tp, fn }) => tp + fn > 0).map(({ tp, fn }) => tp / (tp + fn)));
  },
  { tasks: SINGLE },
);
