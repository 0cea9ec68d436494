import { UserError } from '../../core/errors.js';
import { argMax } from './arg-max.js';
import { checkThreshold, decided, suffix } from './decisions.js';
import {
  LABELS,
  type Metric,
  mean,
  named,
  type Predictions,
  rowTargets,
  singleLabels,
  type Targets,
} from './metric.js';

/**
 * How a score of each class becomes one number, as in scikit-learn: the mean over classes (`macro`), weighted by how many pictures
 * each has (`weighted`), of the counts of all classes together (`micro`), of the second of two classes (`binary`), or the mean over
 * pictures (`samples`, where pictures may have several labels).
 */
export type Average = 'macro' | 'micro' | 'weighted' | 'binary' | 'samples';

export interface AverageOptions {
  /** Default `macro`. */
  readonly average?: Average;
  /** Probabilities above it count as yes, where pictures may have several labels. Default 0.5. */
  readonly threshold?: number;
}

/** Right, wrong and missed answers. */
export interface Counts {
  readonly tp: number;
  readonly fp: number;
  readonly fn: number;
}

const AVERAGES: readonly Average[] = ['macro', 'micro', 'weighted', 'binary', 'samples'];

/**
 * A metric made of a score of counts. A score that is undefined (a class that was never predicted, say) counts as 0; a class that is
 * neither among targets nor among predictions is left out, as scikit-learn does.
 */
export function countingMetric(base: string, score: (counts: Counts) => number, o: AverageOptions): Metric {
  const { average = 'macro', threshold = 0.5 } = o;
  checkThreshold(threshold);
  if (!AVERAGES.includes(average)) {
    throw new UserError(`average must be one of ${AVERAGES.join(', ')}, not ${JSON.stringify(average)}`);
  }
  const name = `${base}${average === 'macro' ? '' : `_${average}`}${suffix(threshold)}`;
  const tasks = average === 'samples' ? LABELS.slice(1) : average === 'binary' ? LABELS.slice(0, 1) : LABELS;
  return named(name, (preds, targets) => averaged(name, preds, targets, average, threshold, score), { tasks });
}

function averaged(
  name: string,
  preds: Predictions,
  targets: Targets,
  average: Average,
  threshold: number,
  score: (counts: Counts) => number,
): number {
  const single = targets instanceof Int32Array;
  if (average === 'samples') return mean(rowCounts(preds, rowTargets(name, preds, targets), threshold).map(score));
  const counts = single
    ? singleCounts(preds, singleLabels(name, preds, targets))
    : columnCounts(preds, rowTargets(name, preds, targets), threshold);
  switch (average) {
    case 'binary': {
      const [, positive] = counts;
      if (!single || positive === undefined || counts.length !== 2) {
        throw new UserError(`${name} is for two classes with one label each; choose another average`);
      }
      return score(positive);
    }
    case 'micro':
      return score({
        tp: counts.reduce((sum, c) => sum + c.tp, 0),
        fp: counts.reduce((sum, c) => sum + c.fp, 0),
        fn: counts.reduce((sum, c) => sum + c.fn, 0),
      });
    case 'weighted': {
      const support = counts.reduce((sum, c) => sum + c.tp + c.fn, 0);
      if (support === 0) return 0;
      return counts.reduce((sum, c) => sum + score(c) * (c.tp + c.fn), 0) / support;
    }
    case 'macro':
      return mean((single ? counts.filter((c) => c.tp + c.fp + c.fn > 0) : counts).map(score));
  }
}

/** For each class, of pictures with one label. */
export function singleCounts(preds: Predictions, labels: Int32Array): Counts[] {
  const counts = Array.from({ length: preds.classes }, () => ({ tp: 0, fp: 0, fn: 0 }));
  argMax(preds).forEach((predicted, i) => {
    const of = counts[labels[i] ?? 0];
    const by = counts[predicted];
    if (of === undefined || by === undefined) return;
    if (of === by) of.tp++;
    else {
      of.fn++;
      by.fp++;
    }
  });
  return counts;
}

/** For each class, where pictures may have several. */
export function columnCounts(preds: Predictions, rows: Float32Array, threshold: number): Counts[] {
  return tallied(preds, rows, threshold, preds.classes, (i) => i % preds.classes);
}

/** For each picture, where it may have several labels. */
export function rowCounts(preds: Predictions, rows: Float32Array, threshold: number): Counts[] {
  return tallied(preds, rows, threshold, preds.n, (i) => Math.floor(i / preds.classes));
}

function tallied(
  preds: Predictions,
  rows: Float32Array,
  threshold: number,
  length: number,
  placeOf: (i: number) => number,
): Counts[] {
  const counts = Array.from({ length }, () => ({ tp: 0, fp: 0, fn: 0 }));
  decided(preds.data, threshold).forEach((yes, i) => {
    const count = counts[placeOf(i)];
    if (count === undefined) return;
    if (rows[i] === 1) {
      if (yes === 1) count.tp++;
      else count.fn++;
    } else if (yes === 1) count.fp++;
  });
  return counts;
}

/** a/b, and 0 where b is 0. */
export function ratio(a: number, b: number): number {
  return b === 0 ? 0 : a / b;
}
