import { UserError } from '../core/errors.js';
import type { Callback, TrainingState } from './callback.js';
import type { Schedule } from './schedules.js';

/** Sets rates and momentum before each batch, ahead of all other callbacks. */
export class Scheduler implements Callback {
  readonly order = -100;

  /** @param rates the highest rate of each layer group */
  constructor(
    private readonly schedule: Schedule,
    private readonly rates: readonly number[],
  ) {}

  onBatchBegin(state: TrainingState): void {
    const { iteration, iterations, batches } = state;
    const pct = iteration / Math.max(1, iterations - 1);
    const { lr, momentum } = this.schedule({ pct, iteration, iterations, epoch: iteration / Math.max(1, batches) });
    if (!(lr >= 0) || !Number.isFinite(lr)) {
      throw new UserError(`the schedule gave the rate ${lr} at iteration ${iteration}; it must be a number from 0 up`);
    }
    state.lr = this.rates.map((rate) => rate * lr);
    state.momentum = momentum ?? state.learner.engine.optimizer.momentum;
  }
}
