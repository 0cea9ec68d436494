import { UserError } from '../../core/errors.js';
import type { GraphBuilder } from '../../graph/builder.js';
import { float32, type Value } from '../../graph/types.js';

/** Weights of the classes, in their order. */
export type ClassWeights = ArrayLike<number>;

/** @throws {UserError} unless the share is from 0 to below 1 */
export function checkSmoothing(loss: string, share: number): void {
  if (!(share >= 0 && share < 1)) {
    throw new UserError(`labelSmoothing (of ${loss}) must be at least 0 and below 1, not ${share}`);
  }
}

/** @throws {UserError} unless the number is above 0 */
export function checkPositive(loss: string, option: string, value: number): void {
  if (!(value > 0 && Number.isFinite(value))) {
    throw new UserError(`${option} (of ${loss}) must be a number above 0, not ${value}`);
  }
}

/** @throws {UserError} unless there is a weight for each class, none below 0, and some above */
export function checkWeights(loss: string, option: string, weights: ClassWeights, classes: number): void {
  if (weights.length !== classes) {
    throw new UserError(`${option} (of ${loss}) has ${weights.length} numbers; there are ${classes} classes`);
  }
  const all = Array.from(weights);
  if (!all.every((w) => w >= 0 && Number.isFinite(w)) || all.every((w) => w === 0)) {
    throw new UserError(`${option} (of ${loss}) must be numbers of at least 0, and not all of them 0`);
  }
}

/** A row of numbers, one for each class: [1, classes]. */
export function classRow(b: GraphBuilder, weights: ClassWeights): Value {
  return b.constant(float32([1, weights.length], Array.from(weights)));
}

/** The sum over the classes, [n]. */
export function sumOverClasses(b: GraphBuilder, x: Value): Value {
  return b.op('ReduceSum', [x, b.integers(1)], { keepdims: 0 });
}

/** The mean over the classes or outputs, [n]. */
export function meanOverClasses(b: GraphBuilder, x: Value): Value {
  return b.op('ReduceMean', [x, b.integers(1)], { keepdims: 0 });
}
