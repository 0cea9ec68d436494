import { UserError } from '../../core/errors.js';
import type { Callback, TrainingState } from '../callback.js';

/**
 * Makes one step of several batches, with the mean of their gradients: what a batch as large as all of them would do, but for
 * batch norms that follow the batch. An epoch's last step takes the batches that are left.
 */
export class GradientAccumulation implements Callback {
  /**
   * @param batches of one step
   * @throws {UserError} if that is no whole number of at least 1
   */
  constructor(private readonly batches: number) {
    if (!Number.isInteger(batches) || batches < 1) {
      throw new UserError(`batches of a step must be a whole number of at least 1, not ${batches}`);
    }
  }

  onBatchBegin(state: TrainingState): void {
    const index = state.batch % this.batches;
    state.accumulate = { index, of: Math.min(this.batches, state.batches - (state.batch - index)) };
  }
}
