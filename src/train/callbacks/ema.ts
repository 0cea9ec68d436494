import { z } from 'zod';
import { UserError } from '../../core/errors.js';
import type { Callback, TrainingState } from '../callback.js';
import { parseState } from './saved-state.js';

export interface EmaOptions {
  /** Share of the average that stays after a step. Default 0.999. */
  readonly decay?: number;
  /** Whether the average follows faster at first: decay (1 + t)/(10 + t) after t steps, if that is less. Default true. */
  readonly warmup?: boolean;
}

const State = z.object({ steps: z.number() });
const SHADOW = 'ema';

/**
 * Keeps an exponential moving average of all weights and statistics (Polyak & Juditsky 1992), as timm's ModelEma: it is what
 * is validated, and what the learner has when the fit is over.
 */
export class EMA implements Callback {
  readonly name = 'EMA';
  readonly order = 60;
  readonly whileFinding = false;
  readonly #decay: number;
  readonly #warmup: boolean;
  #steps = 0;

  /** @throws {UserError} if decay is not between 0 and 1 */
  constructor({ decay = 0.999, warmup = true }: EmaOptions = {}) {
    if (!(decay > 0 && decay < 1)) throw new UserError(`decay of EMA must be above 0 and below 1, not ${decay}`);
    this.#decay = decay;
    this.#warmup = warmup;
  }

  async onTrainBegin(state: TrainingState): Promise<void> {
    const { engine } = state.learner;
    if (state.resumed && engine.shadows.has(SHADOW)) return;
    this.#steps = 0;
    engine.shadows.forget(SHADOW);
    await engine.blend(SHADOW, 1);
  }

  async onBatchEnd({ learner, accumulate }: TrainingState): Promise<void> {
    if (accumulate !== undefined && accumulate.index < accumulate.of - 1) return;
    this.#steps++;
    const decay = this.#warmup ? Math.min(this.#decay, (1 + this.#steps) / (10 + this.#steps)) : this.#decay;
    await learner.engine.blend(SHADOW, 1 - decay);
  }

  async onValidateBegin(state: TrainingState): Promise<void> {
    await state.learner.engine.swap(SHADOW);
    state.validated = SHADOW;
  }

  async onValidateEnd(state: TrainingState): Promise<void> {
    await state.learner.engine.swap(SHADOW);
  }

  async onTrainEnd({ learner, finished }: TrainingState): Promise<void> {
    if (!finished) return;
    await learner.engine.swap(SHADOW);
    learner.engine.shadows.forget(SHADOW);
  }

  saveState(): unknown {
    return { steps: this.#steps };
  }

  loadState(saved: unknown): void {
    this.#steps = parseState(State, saved, this.name).steps;
  }
}
