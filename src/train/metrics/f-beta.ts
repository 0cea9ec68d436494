import { UserError } from '../../core/errors.js';
import { type AverageOptions, countingMetric, ratio } from './counts.js';
import type { Metric } from './metric.js';

export interface FBetaOptions extends AverageOptions {
  /** How many times as much recall weighs as precision. Default 1: F1. */
  readonly beta?: number;
}

/** The weighted harmonic mean of precision and recall (van Rijsbergen 1979). */
export function fBeta({ beta = 1, ...options }: FBetaOptions = {}): Metric {
  if (!(beta > 0 && Number.isFinite(beta)))
    throw new UserError(`beta (of fBeta) must be a number above 0, not ${beta}`);
  const square = beta * beta;
  return countingMetric(
    `f${beta}`,
    ({ tp, fp, fn }) => ratio((1 + square) * tp, (1 + square) * tp + square * fn + fp),
    options,
  );
}
