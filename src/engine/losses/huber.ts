import type { GraphBuilder } from '../../graph/builder.js';
import type { Value } from '../../graph/types.js';
import type { Loss, LossInputs } from '../loss.js';
import { checkPositive, meanOverClasses } from './options.js';

/**
 * Huber's loss (1964): ½d² up to a distance of `delta` and a line from there on, so that single pictures that are far off count less than
 * with squares.
 *
 * @param options.delta in the targets' unit; default 1
 */
export function huber({ delta = 1 }: { readonly delta?: number } = {}): Loss {
  checkPositive('huber', 'delta', delta);
  return { name: 'huber', tasks: ['regression'], each: (b, x) => ({ loss: huberMean(b, x, delta) }) };
}

/** m·(|d| − m/2) with m = min(|d|, δ), the mean over outputs, [n]. */
export function huberMean(b: GraphBuilder, { outputs, targets }: LossInputs, delta: number): Value {
  const distance = b.op('Abs', [b.op('Sub', [outputs, targets])]);
  const near = b.op('Min', [distance, b.scalar(delta)]);
  return meanOverClasses(b, b.op('Mul', [near, b.op('Sub', [distance, b.op('Mul', [near, b.scalar(0.5)])])]));
}
