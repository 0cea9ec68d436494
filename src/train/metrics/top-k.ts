import { UserError } from '../../core/errors.js';
import { type Metric, named, SINGLE, singleLabels } from './metric.js';

/**
 * Share of pictures whose class is among the `k` most probable ones; of classes that are equally probable, the later one comes first, as in
 * scikit-learn.
 */
export function topK(k: number): Metric {
  if (!Number.isInteger(k) || k < 1) throw new UserError(`k (of topK) must be a whole number of at least 1, not ${k}`);
  const name = `top_${k}`;
  return named(
    name,
    (preds, targets) => {
      const labels = singleLabels(name, preds, targets);
      let right = 0;
      labels.forEach((label, i) => {
        const row = preds.data.subarray(i * preds.classes, (i + 1) * preds.classes);
        const own = row[label] ?? 0;
        let before = 0;
        row.forEach((p, c) => {
          if (p > own || (p === own && c > label)) before++;
        });
        if (before < k) right++;
      });
      return right / preds.n;
    },
    { tasks: SINGLE, isShare: true },
  );
}
