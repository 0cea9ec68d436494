import { argMax, type Predictions, type Targets } from '../train/metrics/index.js';

/** The answers whose confidence lies between two bounds. */
export interface ReliabilityBin {
  /** Confidences above it, */
  readonly lower: number;
  /** and up to it; the first bin holds 0, too. */
  readonly upper: number;
  /** Mean confidence; NaN of an empty bin. */
  readonly confidence: number;
  /** Share of right answers; NaN of an empty bin. */
  readonly accuracy: number;
  readonly count: number;
}

/** How far probabilities can be believed. */
export interface Reliability {
  /** From the least confidence to the greatest, of equal width. */
  readonly bins: readonly ReliabilityBin[];
  /** Expected calibration error: |accuracy − confidence|, on average over answers (Guo et al. 2017). */
  readonly ece: number;
  /** Maximum calibration error: the same of the worst bin. */
  readonly mce: number;
}

/**
 * Compares confidence with accuracy. With one label a picture an answer is the most probable class; with several, each label of each
 * picture is one, its confidence the probability of yes and right where it is true.
 */
export function reliability(preds: Predictions, targets: Targets, bins: number): Reliability {
  const counts = new Float64Array(bins);
  const confidences = new Float64Array(bins);
  const rights = new Float64Array(bins);
  const add = (confidence: number, right: boolean): void => {
    const bin = Math.min(bins - 1, Math.max(0, Math.ceil(confidence * bins) - 1));
    counts[bin] = (counts[bin] ?? 0) + 1;
    confidences[bin] = (confidences[bin] ?? 0) + confidence;
    if (right) rights[bin] = (rights[bin] ?? 0) + 1;
  };
  if (targets instanceof Int32Array) {
    argMax(preds).forEach((c, i) => {
      add(preds.data[i * preds.classes + c] ?? 0, c === targets[i]);
    });
  } else {
    preds.data.forEach((p, i) => {
      add(p, targets[i] === 1);
    });
  }
  const total = counts.reduce((sum, count) => sum + count, 0);
  const made = Array.from({ length: bins }, (_, bin): ReliabilityBin => {
    const count = counts[bin] ?? 0;
    return {
      lower: bin / bins,
      upper: (bin + 1) / bins,
      confidence: (confidences[bin] ?? 0) / count,
      accuracy: (rights[bin] ?? 0) / count,
      count,
    };
  });
  const gaps = made.map(({ confidence, accuracy, count }) => (count === 0 ? 0 : Math.abs(accuracy - confidence)));
  return {
    bins: made,
    ece: gaps.reduce((sum, gap, bin) => sum + (gap * (counts[bin] ?? 0)) / total, 0),
    mce: Math.max(...gaps),
  };
}
