import { type Counts, columnCounts, ratio, rowCounts, singleCounts } from '../train/metrics/counts.js';
import type { Predictions, Targets } from '../train/metrics/index.js';

/** How good the answers are; a score that is undefined is 0, as in scikit-learn. */
export interface ClassScores {
  /** Share of right ones among the pictures that were given the class. */
  readonly precision: number;
  /** Share of the pictures of the class that were given it. */
  readonly recall: number;
  /** Their harmonic mean. */
  readonly f1: number;
  /** Pictures of the class. */
  readonly support: number;
}

/** A class's row, with the counts that it comes from. */
export interface ClassRow extends ClassScores, Counts {
  readonly label: string;
}

/** What scikit-learn's `classification_report` says. */
export interface ClassReport {
  readonly classes: readonly ClassRow[];
  /** Of the counts of all classes together; with one label a picture all three are the accuracy. */
  readonly micro: ClassScores;
  /** The mean over classes. */
  readonly macro: ClassScores;
  /** The mean over classes, weighted by their pictures. */
  readonly weighted: ClassScores;
  /** The mean over pictures; only where they may have several labels. */
  readonly samples?: ClassScores;
  /** Share of pictures that are answered rightly, in all of their labels where they may have several. */
  readonly accuracy: number;
}

/**
 * Precision, recall and F1 of each class. Classes that are neither among targets nor among predictions count for no mean, as
 * scikit-learn leaves them out.
 *
 * @param right whether each picture is answered rightly, 0 or 1, [n]
 */
export function classReport(
  preds: Predictions,
  targets: Targets,
  classes: readonly string[],
  threshold: number,
  right: Uint8Array,
): ClassReport {
  const single = targets instanceof Int32Array;
  const counts = single ? singleCounts(preds, targets) : columnCounts(preds, targets, threshold);
  const rows = counts.map((c, i): ClassRow => ({ label: classes[i] ?? '', ...scoresOf(c), ...c }));
  const counted = single ? rows.filter(({ tp, fp, fn }) => tp + fp + fn > 0) : rows;
  const sum = (of: (c: Counts) => number) => counts.reduce((total, c) => total + of(c), 0);
  const total = { tp: sum((c) => c.tp), fp: sum((c) => c.fp), fn: sum((c) => c.fn) };
  const support = total.tp + total.fn;
  return {
    classes: rows,
    micro: scoresOf(total),
    macro: { ...mixed(counted, () => 1), support },
    weighted: { ...mixed(counted, (row) => row.support), support },
    ...(single ? {} : { samples: { ...mixed(rowCounts(preds, targets, threshold).map(scoresOf), () => 1), support } }),
    accuracy: right.reduce((all, one) => all + one, 0) / preds.n,
  };
}

function scoresOf({ tp, fp, fn }: Counts): ClassScores {
  return {
    precision: ratio(tp, tp + fp),
    recall: ratio(tp, tp + fn),
    f1: ratio(2 * tp, 2 * tp + fp + fn),
    support: tp + fn,
  };
}

function mixed(rows: readonly ClassScores[], weight: (row: ClassScores) => number): Omit<ClassScores, 'support'> {
  const whole = rows.reduce((sum, row) => sum + weight(row), 0);
  const mean = (of: (row: ClassScores) => number) =>
    ratio(
      rows.reduce((sum, row) => sum + weight(row) * of(row), 0),
      whole,
    );
  return { precision: mean((r) => r.precision), recall: mean((r) => r.recall), f1: mean((r) => r.f1) };
}
