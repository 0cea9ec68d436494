/** Class probabilities of n pictures, row by row. */
export interface Predictions {
  /** [n, classes] */
  readonly data: Float32Array;
  readonly n: number;
  readonly classes: number;
}

/** What a network is worth on a split. */
export interface ValidationResult {
  /** Mean cross-entropy in nats. */
  readonly loss: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/** A number that says how good predictions are; shown under the function's name. */
export type Metric = (preds: Predictions, targets: Int32Array) => number;

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

/** Share of pictures whose most probable class is the right one. */
export const accuracy: Metric = function accuracy(preds, targets) {
  const best = argMax(preds);
  let right = 0;
  for (let i = 0; i < preds.n; i++) if (best[i] === targets[i]) right++;
  return right / preds.n;
};

/** 1 − accuracy. */
export const errorRate: Metric = function error_rate(preds, targets) {
  return 1 - accuracy(preds, targets);
};

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

/** Mean cross-entropy of probabilities, in nats. */
export function logLoss(preds: Predictions, targets: Int32Array): number {
  let sum = 0;
  for (let i = 0; i < preds.n; i++) {
    sum -= Math.log(Math.max(1e-12, preds.data[i * preds.classes + (targets[i] ?? 0)] ?? 0));
  }
  return sum / preds.n;
}

/**
 * Wilson's interval of a share, at 95 % confidence (Wilson 1927): what n pictures tell about the accuracy on many more.
 */
export function wilson(share: number, n: number): readonly [number, number] {
  const z = 1.959964;
  const centre = (share + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}
