import { checkThreshold, decided, suffix } from './decisions.js';
import { type Metric, MULTI, named, rowTargets } from './metric.js';

export interface ThresholdOptions {
  /** Probabilities above it count as yes. Default 0.5. */
  readonly threshold?: number;
}

/** Share of right answers among all pictures and all classes, where a picture may have several labels. */
export function accuracyThresh({ threshold = 0.5 }: ThresholdOptions = {}): Metric {
  checkThreshold(threshold);
  const name = `accuracy_thresh${suffix(threshold)}`;
  return named(
    name,
    (preds, targets) => {
      const rows = rowTargets(name, preds, targets);
      const yes = decided(preds.data, threshold);
      return yes.reduce((right, answer, i) => right + (answer === rows[i] ? 1 : 0), 0) / rows.length;
    },
    { tasks: MULTI },
  );
}
