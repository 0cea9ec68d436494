import { confusionCounts, margins } from './confusion.js';
import { named, SINGLE, singleLabels } from './metric.js';

/**
 * The correlation of predicted and true classes (Matthews 1975; for more than two classes Gorodkin 2004); 0 where all pictures have, or
 * are given, the same class.
 */
export const matthews = named(
  'matthews',
  (preds, targets) => {
    const counts = confusionCounts(preds, singleLabels('matthews', preds, targets));
    const { rows, columns } = margins(counts, preds.classes);
    const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
    let right = 0;
    for (let c = 0; c < preds.classes; c++) right += counts[c * preds.classes + c] ?? 0;
    const square = preds.n * preds.n;
    const both = (square - dot(rows, rows)) * (square - dot(columns, columns));
    return both === 0 ? 0 : (right * preds.n - dot(rows, columns)) / Math.sqrt(both);
  },
  { tasks: SINGLE },
);
