import type { Task } from '../core/task.js';
import { ClassificationInterpretation, type ClassReport, type ConfusionMatrix } from '../interpret/index.js';
import { type Estimate, estimate } from '../train/intervals/index.js';
import type { Metric, Predictions, Targets } from '../train/metrics/index.js';

/** How far off an output of a regression is. */
export interface OutputResult {
  readonly name: string;
  readonly mae: number;
  readonly rmse: number;
}

/** What predictions are worth. */
export interface Evaluation {
  /** With 95 % intervals, by their names. */
  readonly metrics: Readonly<Record<string, Estimate>>;
  /** Of classes or labels; not of a regression. */
  readonly report?: ClassReport;
  /** Of a regression. */
  readonly outputs?: readonly OutputResult[];
  /** Single-label. */
  readonly confusion?: ConfusionMatrix;
}

export interface EvaluationOptions {
  readonly task: Task;
  readonly classes: readonly string[];
  /** Of the pictures, [n]. */
  readonly files: readonly string[];
  readonly metrics: readonly Metric[];
  /** With several labels a picture, those above it are given. */
  readonly threshold: number;
  /** Decides the bootstrap's draws. */
  readonly seed: number;
}

/** Compares predictions with what is true. */
export function evaluation(preds: Predictions, targets: Targets, o: EvaluationOptions): Evaluation {
  const { task, classes, files, threshold, seed } = o;
  const metrics = Object.fromEntries(o.metrics.map((metric) => [metric.name, estimate(metric, preds, targets, seed)]));
  if (task === 'regression') {
    const rows = Float32Array.from(targets);
    return { metrics, outputs: classes.map((name, c) => ({ name, ...errorsOf(preds, rows, c) })) };
  }
  const seen = new ClassificationInterpretation({ preds, targets, classes, files, threshold });
  const report = seen.perClassReport();
  return { metrics, report, ...(task === 'single-label' ? { confusion: seen.confusionMatrix() } : {}) };
}

function errorsOf({ data, n, classes }: Predictions, targets: Float32Array, c: number): { mae: number; rmse: number } {
  let absolute = 0;
  let squared = 0;
  for (let i = c; i < data.length; i += classes) {
    const error = (data[i] ?? 0) - (targets[i] ?? 0);
    absolute += Math.abs(error) / n;
    squared += error ** 2 / n;
  }
  return { mae: absolute, rmse: Math.sqrt(squared) };
}
