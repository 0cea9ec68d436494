import { LABELS, named, type Predictions, rowTargets, singleLabels, type Targets } from './metric.js';

/** The distance of float32 numbers at 1: probabilities are held this far from 0 and 1, as in scikit-learn. */
const EPSILON = 2 ** -23;

/** Mean cross-entropy in nats; where pictures may have several labels, the mean over pictures and classes of each answer's. */
export const logLoss = named(
  'log_loss',
  (preds: Predictions, targets: Targets) => {
    const { data, classes } = preds;
    const surprise = (p: number) => -Math.log(Math.min(1 - EPSILON, Math.max(EPSILON, p)));
    if (targets instanceof Int32Array) {
      const labels = singleLabels('log_loss', preds, targets);
      return labels.reduce((sum, label, i) => sum + surprise(data[i * classes + label] ?? 0), 0) / preds.n;
    }
    const rows = rowTargets('log_loss', preds, targets);
    return rows.reduce((sum, t, i) => sum + surprise(t === 1 ? (data[i] ?? 0) : 1 - (data[i] ?? 0)), 0) / rows.length;
  },
  { tasks: LABELS },
);
