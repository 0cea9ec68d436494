import { LABELS, named, rowTargets, singleLabels } from './metric.js';

/**
 * The mean squared distance of probabilities from the truth (Brier 1950): summed over the classes, of which two count as one question;
 * averaged over the classes where pictures may have several labels.
 */
export const brierScore = named(
  'brier',
  (preds, targets) => {
    const { data, n, classes } = preds;
    if (!(targets instanceof Int32Array)) {
      const rows = rowTargets('brier', preds, targets);
      return data.reduce((sum, p, i) => sum + (p - (rows[i] ?? 0)) ** 2, 0) / rows.length;
    }
    const labels = singleLabels('brier', preds, targets);
    const sum = data.reduce((s, p, i) => s + (p - (labels[Math.floor(i / classes)] === i % classes ? 1 : 0)) ** 2, 0);
    return sum / n / (classes === 2 ? 2 : 1);
  },
  { tasks: LABELS },
);
