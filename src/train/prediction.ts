import type { DataBunch } from '../data/batch.js';
import { activated } from './activations.js';
import { argMax } from './metrics/index.js';

/** What a learner says of one picture. */
export interface Prediction {
  /** The most probable class; of several labels, all of them joined by ";"; a regression's values, joined likewise. */
  readonly label: string;
  /** The most probable class, or those above the threshold; none of a regression. */
  readonly labels: readonly string[];
  /** Place of the highest output. */
  readonly index: number;
  /** Of each class; none of a regression. */
  readonly probabilities: Float32Array;
  /** A regression's values, in the order of its outputs; otherwise none. */
  readonly values: Float32Array;
}

/**
 * Puts a network's outputs for one picture into words.
 *
 * @param threshold above which of several labels are given
 */
export function predictionOf(
  { task, classes }: Pick<DataBunch, 'task' | 'classes'>,
  outputs: Float32Array,
  threshold: number,
): Prediction {
  const data = activated(outputs, classes.length, task);
  const [index = 0] = argMax({ data, n: 1, classes: classes.length });
  if (task === 'regression') {
    return {
      label: Array.from(data, String).join(';'),
      labels: [],
      index,
      probabilities: new Float32Array(),
      values: data,
    };
  }
  const labels = classes.filter((_, c) => (task === 'single-label' ? c === index : (data[c] ?? 0) > threshold));
  return { label: labels.join(';'), labels, index, probabilities: data, values: new Float32Array() };
}
