import { UserError } from '../../core/errors.js';
import type { Task } from '../../data/batch.js';

/** What a network says of n pictures, row by row. */
export interface Predictions {
  /** Probabilities of the classes, or a regression's values: [n, classes]. */
  readonly data: Float32Array;
  readonly n: number;
  /** Classes, or a regression's outputs. */
  readonly classes: number;
}

/**
 * What is true of n pictures: class indices [n] where each has one label; [n, classes], 0 or 1, where it may have several;
 * [n, outputs] of a regression.
 */
export type Targets = Int32Array | Float32Array;

/**
 * A number that says how good predictions are; shown under the function's name. Any function will do: what else is here may be
 * left out.
 */
export interface Metric {
  (preds: Predictions, targets: Targets): number;
  /** What it can be computed for. Default: anything. */
  readonly tasks?: readonly Task[];
  /** Whether it is the share of pictures of which something holds, so that its interval is Wilson's. Default false. */
  readonly isShare?: boolean;
}

/** A metric under a name of its own. */
export function named(
  name: string,
  compute: (preds: Predictions, targets: Targets) => number,
  facts: { readonly tasks: readonly Task[]; readonly isShare?: boolean },
): Metric {
  const metric = (preds: Predictions, targets: Targets) => {
    if (preds.n === 0) throw new UserError(`${name} needs at least one picture`);
    return compute(preds, targets);
  };
  return Object.assign(Object.defineProperty(metric, 'name', { value: name }), facts);
}

/**
 * The class indices of pictures with one label each.
 *
 * @throws {UserError} if they are targets of another task
 */
export function singleLabels(name: string, preds: Predictions, targets: Targets): Int32Array {
  if (!(targets instanceof Int32Array)) {
    throw new UserError(`${name} is for pictures with one label each: its targets are class indices, an Int32Array`);
  }
  assertLength(name, targets, preds.n);
  return targets;
}

/**
 * Targets of all outputs, [n, classes].
 *
 * @throws {UserError} if they are class indices
 */
export function rowTargets(name: string, preds: Predictions, targets: Targets): Float32Array {
  if (!(targets instanceof Float32Array)) {
    throw new UserError(`${name} is not for pictures with one label each: its targets are a Float32Array [n, outputs]`);
  }
  assertLength(name, targets, preds.n * preds.classes);
  return targets;
}

function assertLength(name: string, targets: Targets, expected: number): void {
  if (targets.length !== expected) {
    throw new UserError(`${name}: there are ${targets.length} targets, ${expected} are needed`);
  }
}

export const SINGLE: readonly Task[] = ['single-label'];
export const MULTI: readonly Task[] = ['multi-label'];
export const LABELS: readonly Task[] = ['single-label', 'multi-label'];
export const REGRESSION: readonly Task[] = ['regression'];

/** The mean of numbers; NaN if there are none. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
