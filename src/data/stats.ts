import { UserError } from '../core/errors.js';
import type { ImageStats } from './batch.js';

/** Mean and deviation of ImageNet's pictures, as torchvision and fastai normalise. */
export const imagenetStats: ImageStats = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

/** A UserError unless these are three means and three deviations above 0. */
export function checkStats(stats: ImageStats): ImageStats {
  const three = (values: readonly number[]) => values?.length === 3 && values.every(Number.isFinite);
  if (three(stats.mean) && three(stats.std) && stats.std.every((s) => s > 0)) return stats;
  throw new UserError(
    `stats must have a mean and a std (above 0) for each of R, G and B, in pictures from 0 to 1, not ${JSON.stringify(stats)}`,
  );
}
