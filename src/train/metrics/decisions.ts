import { UserError } from '../../core/errors.js';

/** 1 where a probability is above the threshold, 0 elsewhere. */
export function decided(probabilities: Float32Array, threshold: number): Uint8Array {
  return Uint8Array.from(probabilities, (p) => (p > threshold ? 1 : 0));
}

/** @throws {UserError} unless the threshold is a probability */
export function checkThreshold(threshold: number): void {
  if (!(threshold >= 0 && threshold <= 1)) {
    throw new UserError(`threshold must be a number from 0 to 1, not ${threshold}`);
  }
}

/** What a threshold adds to the name of a metric. */
export function suffix(threshold: number): string {
  return threshold === 0.5 ? '' : `_at_${threshold}`;
}
