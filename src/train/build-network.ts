import { UserError } from '../core/errors.js';
import type { DataBunch } from '../data/batch.js';
import { assertLossFits } from '../engine/loss.js';
import type { Network } from '../engine/network.js';
import { type Architecture, assertTakesSize, normalisationOf } from '../nn/architecture.js';
import type { LearnerOptions } from './learner-options.js';
import { assertMetricsFit } from './scores.js';

/**
 * The network for some data.
 *
 * @throws {UserError} if the architecture does not take the pictures' size, or loss, metrics or other options do not fit the data
 */
export function buildNetwork(data: DataBunch, arch: Architecture, options: LearnerOptions): Network {
  const { task } = data;
  assertTakesSize(arch, data.size);
  if (options.loss !== undefined) assertLossFits(options.loss, task, data.classes.length);
  assertMetricsFit(options.metrics ?? [], task);
  checkRange(options.yRange, task);
  checkThreshold(options.threshold, task);
  const { mean, std } = data.stats ?? normalisationOf(arch);
  return {
    arch,
    classes: data.classes.length,
    task,
    yRange: options.yRange,
    head: { kind: 'concat-pool', ...arch.head, ...options.head },
    mean,
    std,
  };
}

function checkRange(range: LearnerOptions['yRange'], task: DataBunch['task']): void {
  if (range === undefined) return;
  if (task !== 'regression') throw new UserError(`yRange is for a regression; these data are ${task}`);
  const [low, high] = range;
  if (!(low < high && Number.isFinite(low) && Number.isFinite(high))) {
    throw new UserError(`yRange must be two numbers, the lower one first, not ${low} and ${high}`);
  }
}

function checkThreshold(threshold: number | undefined, task: DataBunch['task']): void {
  if (threshold === undefined) return;
  if (task !== 'multi-label') throw new UserError(`threshold is for several labels a picture; these data are ${task}`);
  if (!(threshold >= 0 && threshold <= 1)) throw new UserError(`threshold must be from 0 to 1, not ${threshold}`);
}
