import { UserError } from '../core/errors.js';
import { confusionCounts, margins } from '../train/metrics/confusion.js';
import type { Predictions } from '../train/metrics/index.js';

/** Shares instead of counts: of each actual class (rows), of each predicted class (columns), or of all pictures. */
export type Normalize = 'actual' | 'predicted' | 'all';

const NORMALIZATIONS: readonly Normalize[] = ['actual', 'predicted', 'all'];

/** A row for each actual class, a column for each predicted one. */
export type ConfusionMatrix = readonly (readonly number[])[];

/** Two classes that are confused, and how often. */
export interface Confusion {
  readonly actual: string;
  readonly predicted: string;
  readonly count: number;
}

/**
 * How many pictures of each class were given each class; or shares, which are 0 where there is nothing to take a share of.
 *
 * @param normalize true means `actual`
 */
export function confusionMatrix(
  preds: Predictions,
  labels: Int32Array,
  normalize: boolean | Normalize = false,
): ConfusionMatrix {
  const by = normalize === true ? 'actual' : normalize;
  if (by !== false && !NORMALIZATIONS.includes(by)) {
    throw new UserError(
      `normalize must be true, false, or one of ${NORMALIZATIONS.join(', ')}, not ${JSON.stringify(by)}`,
    );
  }
  const { classes, n } = preds;
  const counts = confusionCounts(preds, labels);
  const { rows, columns } = margins(counts, classes);
  const whole = (row: number, column: number): number => {
    switch (by) {
      case false:
        return 1;
      case 'actual':
        return rows[row] || 1;
      case 'predicted':
        return columns[column] || 1;
      case 'all':
        return n;
    }
  };
  return Array.from({ length: classes }, (_, row) =>
    Array.from({ length: classes }, (_, column) => (counts[row * classes + column] ?? 0) / whole(row, column)),
  );
}

/** The pairs of classes that are confused at least `minVal` times, the most frequent first. */
export function mostConfused(matrix: ConfusionMatrix, classes: readonly string[], minVal: number): Confusion[] {
  return matrix
    .flatMap((row, actual) =>
      row.map((count, predicted) => ({
        actual: classes[actual] ?? '',
        predicted: classes[predicted] ?? '',
        count: actual === predicted ? 0 : count,
      })),
    )
    .filter(({ count }) => count > 0 && count >= minVal)
    .sort((a, b) => b.count - a.count);
}
