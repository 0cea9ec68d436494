import { argMax } from '../../train/metrics/index.js';
import type { MeasuredSplit } from './run-report.js';

/** A picture that was got wrong, and how. */
export type WorstPicture =
  | {
      readonly kind: 'class';
      readonly index: number;
      readonly predicted: string;
      readonly actual: string;
      readonly probability: number;
      readonly loss: number;
      /** The class that a heat map is to explain. */
      readonly looksFor: string;
    }
  | {
      readonly kind: 'value';
      readonly index: number;
      readonly predicted: readonly number[];
      readonly actual: readonly number[];
    };

/** The pictures with the largest losses; of a regression with the largest errors, each output in terms of its spread. */
export function worstOf({ interpretation, regression }: MeasuredSplit, count: number): WorstPicture[] {
  if (interpretation !== undefined) {
    const { classes } = interpretation;
    return interpretation.topLosses(count).map(({ index, predicted, actual, probability, probabilities, loss }) => {
      const [best = 0] = argMax({ data: probabilities, n: 1, classes: classes.length });
      return { kind: 'class', index, predicted, actual, probability, loss, looksFor: classes[best] ?? '' };
    });
  }
  if (regression === undefined) return [];
  const { preds, targets } = regression;
  const { n, classes: outputs, data } = preds;
  const spreads = Array.from({ length: outputs }, (_, o) => spread(targets, o, outputs, n));
  const error = (i: number) =>
    spreads.reduce((sum, s, o) => {
      const at = i * outputs + o;
      return sum + Math.abs((data[at] ?? 0) - (targets[at] ?? 0)) / s;
    }, 0);
  const errors = Array.from({ length: n }, (_, i) => error(i));
  return [...errors.keys()]
    .sort((a, b) => (errors[b] ?? 0) - (errors[a] ?? 0))
    .slice(0, count)
    .map((index) => {
      const row = (of: Float32Array) => Array.from(of.subarray(index * outputs, (index + 1) * outputs));
      return { kind: 'value', index, predicted: row(data), actual: row(targets) };
    });
}

/** Standard deviation of an output's true values; 1 where all are equal. */
function spread(targets: Float32Array, output: number, outputs: number, n: number): number {
  let [sum, squares] = [0, 0];
  for (let i = 0; i < n; i++) {
    const value = targets[i * outputs + output] ?? 0;
    sum += value;
    squares += value * value;
  }
  return Math.sqrt(Math.max(0, squares / n - (sum / n) ** 2)) || 1;
}
