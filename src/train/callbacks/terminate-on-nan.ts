import { UserError } from '../../core/errors.js';
import type { Callback, TrainingState } from '../callback.js';

/** The loss is no number any more: going on from the last checkpoint would lead to the same. */
export class NotFiniteError extends UserError {}

/** Ends training with an error when the loss is no number any more: nothing that follows could mend it. */
export class TerminateOnNaN implements Callback {
  readonly order = 10;
  readonly whileFinding = false;

  /** @throws {NotFiniteError} saying where, and what to do */
  onBatchEnd({ loss, epoch, batch, lr }: TrainingState): void {
    if (Number.isFinite(loss)) return;
    throw new NotFiniteError(
      `the loss is ${loss} at epoch ${epoch}, batch ${batch}, with the rate ${Math.max(...lr).toPrecision(3)}; take a lower rate, or bound gradients by GradientClip`,
    );
  }
}
