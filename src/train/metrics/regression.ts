import { type Metric, mean, named, type Predictions, REGRESSION, rowTargets } from './metric.js';

/** Values of one output, and what they should be. */
export interface Output {
  readonly predicted: readonly number[];
  readonly true: readonly number[];
}

/** A metric that is the mean of a number for each of the outputs. */
export function regressionMetric(name: string, score: (output: Output) => number): Metric {
  return named(
    name,
    (preds, targets) => {
      const rows = rowTargets(name, preds, targets);
      const outputs = Array.from({ length: preds.classes }, (_, c) => ({
        predicted: column(preds, preds.data, c),
        true: column(preds, rows, c),
      }));
      return mean(outputs.map(score));
    },
    { tasks: REGRESSION },
  );
}

function column({ n, classes }: Predictions, data: Float32Array, c: number): number[] {
  return Array.from({ length: n }, (_, i) => data[i * classes + c] ?? 0);
}

/** Predictions less truth. */
export function residuals({ predicted, true: truth }: Output): number[] {
  return predicted.map((value, i) => value - (truth[i] ?? 0));
}

export function meanSquare(values: readonly number[]): number {
  return mean(values.map((value) => value * value));
}

/** The mean squared distance from the mean. */
export function variance(values: readonly number[]): number {
  const centre = mean(values);
  return meanSquare(values.map((value) => value - centre));
}

/** 1 − left/all; where nothing varies, 1 if nothing is left and 0 otherwise, as in scikit-learn. */
export function explained(left: number, all: number): number {
  if (all === 0) return left === 0 ? 1 : 0;
  return 1 - left / all;
}
