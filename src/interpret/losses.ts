import type { Predictions, Targets } from '../train/metrics/index.js';

/** Probabilities are held this far from 0, and no nearer to 1 than float32 numbers come, so that losses are finite. */
const LEAST = 2 ** -149;
const NEAREST = 2 ** -24;

/** ln p and ln (1 − p) of a probability. */
export function logs(p: number): { readonly yes: number; readonly no: number } {
  return { yes: Math.log(Math.max(p, LEAST)), no: Math.log(Math.max(1 - p, NEAREST)) };
}

/**
 * The loss of each picture in nats, [n]: the cross-entropy of its label, or the mean of its labels' where it may have several. It is
 * computed from the probabilities whatever loss was trained, so that runs can be compared.
 */
export function pictureLosses(preds: Predictions, targets: Targets): Float64Array {
  const { data, n, classes } = preds;
  if (targets instanceof Int32Array) {
    return Float64Array.from({ length: n }, (_, i) => -logs(data[i * classes + (targets[i] ?? 0)] ?? 0).yes);
  }
  const answers = answerLosses(preds, targets);
  return Float64Array.from({ length: n }, (_, i) => {
    const row = answers.subarray(i * classes, (i + 1) * classes);
    return row.reduce((sum, loss) => sum + loss, 0) / classes;
  });
}

/** The loss of each answer, yes or no to a label: [n, classes]. */
export function answerLosses({ data }: Predictions, targets: Float32Array): Float64Array {
  return Float64Array.from(data, (p, i) => (targets[i] === 1 ? -logs(p).yes : -logs(p).no));
}

/** The places of the largest values, the largest first; of the least, if `largest` is false. Equal ones keep their order. */
export function ranked(values: Float64Array, largest: boolean): number[] {
  const sign = largest ? -1 : 1;
  return Array.from(values.keys()).sort((a, b) => sign * ((values[a] ?? 0) - (values[b] ?? 0)) || a - b);
}
