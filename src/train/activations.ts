import type { Task } from '../data/batch.js';

/** What a network's last numbers mean, by task: probabilities that sum to 1, probabilities each for itself, values. [n, classes] */
export function activated(logits: Float32Array, classes: number, task: Task): Float32Array {
  switch (task) {
    case 'single-label':
      return softmax(logits, classes);
    case 'multi-label':
      return logits.map((x) => 1 / (1 + Math.exp(-x)));
    case 'regression':
      return logits;
  }
}

/** Probabilities from logits [n, classes]. */
export function softmax(logits: Float32Array, classes: number): Float32Array {
  const out = new Float32Array(logits.length);
  for (let row = 0; row < logits.length; row += classes) {
    let max = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < classes; c++) max = Math.max(max, logits[row + c] ?? 0);
    let sum = 0;
    for (let c = 0; c < classes; c++) {
      const e = Math.exp((logits[row + c] ?? 0) - max);
      out[row + c] = e;
      sum += e;
    }
    for (let c = 0; c < classes; c++) out[row + c] = (out[row + c] ?? 0) / sum;
  }
  return out;
}
