import { UserError } from '../../core/errors.js';
import { assertTakesSize } from '../../nn/architecture.js';
import type { Callback, TrainingState } from '../callback.js';

/**
 * Trains on pictures that grow (Howard 2018): each size has an equal share of the epochs, the last one what is left. Validation keeps
 * the data's own size, which is the one to end with.
 */
export class ProgressiveResizing implements Callback {
  /**
   * @param sizes sides of the pictures in pixels, in the order in which they are used
   * @throws {UserError} if there is none
   */
  constructor(private readonly sizes: readonly number[]) {
    if (sizes.length === 0) throw new UserError('progressive resizing needs at least one size');
  }

  /** @throws {UserError} if the network does not take one of the sizes */
  onTrainBegin({ learner }: TrainingState): void {
    for (const size of this.sizes) assertTakesSize(learner.engine.network.arch, size);
  }

  onEpochBegin(state: TrainingState): void {
    const at = state.finding ? 0 : Math.floor((state.epoch * this.sizes.length) / state.epochs);
    state.size = this.sizes[at];
  }
}
