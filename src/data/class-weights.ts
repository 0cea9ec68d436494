import { UserError } from '../core/errors.js';
import type { DataBunch } from './batch.js';
import { checkNumber } from './check.js';

export interface ClassWeightOptions {
  /**
   * `inverse`: n / (classes × pictures of the class), as scikit-learn's "balanced". `effective`: (1 − β) / (1 − β^pictures),
   * which rises less for the rarest classes (Cui et al. 2019). Default `inverse`.
   */
  readonly kind?: 'inverse' | 'effective' | undefined;
  /** β of `effective`, from 0 (all classes the same) to below 1 (towards `inverse`). Default 0.999. */
  readonly beta?: number | undefined;
}

/**
 * A weight for each class, [classes], from the training split: rarer ones weigh more. Scaled so that the mean over the training pictures (over
 * all their labels, where they have several) is 1: the size of the loss, and with it the good rates, stay as they are.
 *
 * Throws a UserError for a regression, and if a class has no pictures.
 */
export function classWeights(data: DataBunch, options: ClassWeightOptions = {}): Float32Array {
  if (data.task === 'regression') throw new UserError('classWeights needs classes; the data are a regression');
  const counts = countsOf(data.classes.length, data.labels('train'), data.targets('train'));
  const missing = counts.indexOf(0);
  if (missing >= 0) throw new UserError(`the class "${data.classes[missing]}" has no training pictures to weigh`);
  return classWeightsOf(counts, options);
}

/** The weights of classes with so many pictures each; see `classWeights`. */
export function classWeightsOf(counts: ArrayLike<number>, options: ClassWeightOptions = {}): Float32Array {
  const { kind = 'inverse' } = options;
  if (kind !== 'inverse' && kind !== 'effective') {
    throw new UserError(`kind (of class weights) must be "inverse" or "effective", not ${JSON.stringify(kind)}`);
  }
  const beta = checkNumber('beta (of class weights)', options.beta ?? 0.999, 0, 1 - 1e-9);
  const raw = Float64Array.from(counts, (n) => (kind === 'inverse' ? 1 / n : (1 - beta) / (1 - beta ** n)));
  let pictures = 0;
  let sum = 0;
  raw.forEach((weight, c) => {
    pictures += counts[c] ?? 0;
    sum += weight * (counts[c] ?? 0);
  });
  return Float32Array.from(raw, (weight) => (weight * pictures) / sum);
}

/** How many pictures have each class, [classes], from labels (single) or from targets (several). */
export function countsOf(classes: number, labels: Int32Array, targets: Float32Array): Float64Array {
  const counts = new Float64Array(classes);
  const count = (c: number) => {
    counts[c] = (counts[c] ?? 0) + 1;
  };
  for (const label of labels) if (label >= 0) count(label);
  targets.forEach((on, i) => {
    if (on === 1) count(i % classes);
  });
  return counts;
}
