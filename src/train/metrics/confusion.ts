import { argMax } from './arg-max.js';
import type { Predictions } from './metric.js';

/** How many pictures of each class were given each class: [classes, classes], a row for each true one. */
export function confusionCounts(preds: Predictions, labels: Int32Array): Float64Array {
  const counts = new Float64Array(preds.classes * preds.classes);
  argMax(preds).forEach((predicted, i) => {
    const at = (labels[i] ?? 0) * preds.classes + predicted;
    counts[at] = (counts[at] ?? 0) + 1;
  });
  return counts;
}

/** Its sums of rows (how many pictures have each class) and of columns (how many were given it). */
export function margins(counts: Float64Array, classes: number): { rows: Float64Array; columns: Float64Array } {
  const rows = new Float64Array(classes);
  const columns = new Float64Array(classes);
  counts.forEach((count, at) => {
    const row = Math.floor(at / classes);
    const column = at % classes;
    rows[row] = (rows[row] ?? 0) + count;
    columns[column] = (columns[column] ?? 0) + count;
  });
  return { rows, columns };
}
