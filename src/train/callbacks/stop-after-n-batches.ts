import { UserError } from '../../core/errors.js';
import type { Callback, TrainingState } from '../callback.js';

/** Ends the fit after some batches, to try whether everything runs; validation follows as after an epoch. */
export class StopAfterNBatches implements Callback {
  readonly whileFinding = false;

  /** @throws {UserError} if that is no whole number of at least 1 */
  constructor(private readonly batches = 2) {
    if (!Number.isInteger(batches) || batches < 1) {
      throw new UserError(`the number of batches must be a whole number of at least 1, not ${batches}`);
    }
  }

  onBatchEnd(state: TrainingState): void {
    if (state.iteration + 1 >= this.batches) state.finish = true;
  }
}
