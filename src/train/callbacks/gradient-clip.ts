import { UserError } from '../../core/errors.js';
import type { GradientClip as Bound } from '../../engine/gradient-transforms.js';
import type { Callback, TrainingState } from '../callback.js';

/**
 * Bounds gradients before the optimizer reads them: `{ norm }` the norm of all together (Pascanu et al. 2013), `{ value }` each
 * of them.
 */
export class GradientClip implements Callback {
  /** @throws {UserError} if the bound is not above 0 */
  constructor(private readonly bound: Bound) {
    const value = 'norm' in bound ? bound.norm : bound.value;
    if (!(value > 0)) throw new UserError(`gradients must be clipped at a number above 0, not ${value}`);
  }

  onBatchBegin(state: TrainingState): void {
    state.clip = this.bound;
  }
}
