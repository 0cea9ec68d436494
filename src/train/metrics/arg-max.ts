import type { Predictions } from './metric.js';

/** The class with the highest probability, for each picture; the first among equals. */
export function argMax(preds: Predictions): Int32Array {
  const best = new Int32Array(preds.n);
  for (let i = 0; i < preds.n; i++) {
    const row = i * preds.classes;
    let at = 0;
    for (let c = 1; c < preds.classes; c++) if ((preds.data[row + c] ?? 0) > (preds.data[row + at] ?? 0)) at = c;
    best[i] = at;
  }
  return best;
}
