import { UserError } from '../core/errors.js';
import type { Task } from '../core/task.js';
import type { Engine } from '../engine/engine.js';
import type { Metric } from './metrics/index.js';
import type { PlainPredictions } from './predictor.js';
import { targetRows } from './target-rows.js';

/** What a network is worth on a split. */
export interface ValidationResult {
  /** The mean of the loss that is trained. */
  readonly loss: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/** Loss and metrics of plain predictions. */
export async function scored(
  engine: Engine,
  { preds, outputs, targets }: PlainPredictions,
  metrics: readonly Metric[],
): Promise<ValidationResult> {
  const rows = (from: number, to: number) => {
    const indices = Array.from({ length: to - from }, (_, i) => from + i);
    return targetRows(targets, preds.classes, indices);
  };
  return {
    loss: await engine.loss({ outputs, targets: rows }),
    metrics: Object.fromEntries(metrics.map((metric) => [metric.name, metric(preds, targets)])),
  };
}

/**
 * Checks that metrics are for a task, and that no two have the same name.
 *
 * @throws {UserError} naming the first that is not
 */
export function assertMetricsFit(metrics: readonly Metric[], task: Task): void {
  const names = new Set<string>();
  for (const { name, tasks } of metrics) {
    if (tasks !== undefined && !tasks.includes(task)) {
      throw new UserError(`the metric ${name} is for ${tasks.join(' and ')} data; these are ${task}`);
    }
    if (names.has(name))
      throw new UserError(`two metrics are named ${JSON.stringify(name)}; give one of them another name`);
    names.add(name);
  }
}
