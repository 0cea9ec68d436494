import { UserError } from '../core/errors.js';
import type { DataBunch } from '../data/batch.js';
import { classWeights } from '../data/class-weights.js';
import type { Loss } from '../engine/loss.js';
import {
  binaryCrossEntropy,
  crossEntropy,
  defaultLoss,
  focal,
  huber,
  maeLoss,
  mseLoss,
  smoothL1,
} from '../engine/losses/index.js';

/** A loss in words, as a command or a file of settings has it. */
export interface LossChoice {
  /** Default `auto`: the task's. */
  readonly loss?: LossName;
  /** Of the two cross-entropies. Default 0. */
  readonly labelSmoothing?: number;
  /** Of the cross-entropies and the focal loss: none, or by how few pictures a class has. Default `none`. */
  readonly classWeights?: ClassWeighting;
}

export const LOSS_NAMES = [
  'auto',
  'cross_entropy',
  'focal',
  'binary_cross_entropy',
  'mse',
  'mae',
  'huber',
  'smooth_l1',
] as const;
export type LossName = (typeof LOSS_NAMES)[number];

/** `balanced` is scikit-learn's, `effective` rises less for the rarest classes (Cui et al. 2019). */
export const CLASS_WEIGHTINGS = ['none', 'balanced', 'effective'] as const;
export type ClassWeighting = (typeof CLASS_WEIGHTINGS)[number];

/**
 * The loss that was chosen, for some data.
 *
 * @throws {UserError} if it has no such option, or is not for the data
 */
export function chosenLoss(data: DataBunch, choice: LossChoice): Loss {
  const { labelSmoothing = 0, classWeights: weighting = 'none' } = choice;
  const name = choice.loss === undefined || choice.loss === 'auto' ? defaultLoss(data.task).name : choice.loss;
  const weights =
    weighting === 'none' ? undefined : classWeights(data, { kind: weighting === 'balanced' ? 'inverse' : 'effective' });
  const weighed = weights === undefined ? {} : { classWeights: weights };
  switch (name) {
    case 'cross_entropy':
      return crossEntropy({ labelSmoothing, ...weighed });
    case 'binary_cross_entropy':
      return binaryCrossEntropy({ labelSmoothing, ...weighed });
    case 'focal':
      assertNone(name, 'label smoothing', labelSmoothing > 0);
      return focal(weights === undefined ? {} : { alpha: weights });
  }
  assertNone(name, 'label smoothing', labelSmoothing > 0);
  assertNone(name, 'class weights', weights !== undefined);
  return REGRESSION_LOSSES[name]?.() ?? defaultLoss(data.task);
}

const REGRESSION_LOSSES: Readonly<Record<string, () => Loss>> = {
  mse: mseLoss,
  mae: maeLoss,
  huber,
  smooth_l1: smoothL1,
};

function assertNone(loss: string, what: string, given: boolean): void {
  if (given) throw new UserError(`the loss ${loss} has no ${what}; leave one of them out`);
}
