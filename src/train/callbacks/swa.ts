import { z } from 'zod';
import { UserError } from '../../core/errors.js';
import type { Callback, TrainingState } from '../callback.js';
import { parseState } from './saved-state.js';

export interface SwaOptions {
  /** Share of the epochs before the first that is averaged. Default 0.75. */
  readonly start?: number;
}

const State = z.object({ averaged: z.array(z.number()), done: z.boolean() });
const SHADOW = 'swa';

/**
 * Averages the weights at the ends of the last epochs (Izmailov et al. 2018), and recomputes the statistics of batch norms for
 * them: that is what the last validation sees, and what the learner has afterwards. A schedule that keeps the rate up, such as a
 * constant one, gives it something to average.
 */
export class SWA implements Callback {
  readonly name = 'SWA';
  readonly order = 60;
  readonly whileFinding = false;
  readonly #start: number;
  /** Epochs that are in the average. */
  #averaged: number[] = [];
  /** Whether the learner has the average. */
  #done = false;

  /** @throws {UserError} if start is not from 0 to below 1 */
  constructor({ start = 0.75 }: SwaOptions = {}) {
    if (!(start >= 0 && start < 1)) throw new UserError(`start of SWA must be from 0 to below 1, not ${start}`);
    this.#start = start;
  }

  onTrainBegin(state: TrainingState): void {
    if (state.resumed) return;
    this.#averaged = [];
    this.#done = false;
    state.learner.engine.shadows.forget(SHADOW);
  }

  async onValidateBegin(state: TrainingState): Promise<void> {
    await this.#average(state);
    if (state.finish || state.epoch + 1 === state.epochs) await this.#take(state);
  }

  /** Where there is nothing to validate on, or validation was left out. */
  async onEpochEnd(state: TrainingState): Promise<void> {
    await this.#average(state);
  }

  async onTrainEnd(state: TrainingState): Promise<void> {
    if (!state.finished) return;
    await this.#take(state);
    state.learner.engine.shadows.forget(SHADOW);
  }

  async #average({ learner, epoch, epochs }: TrainingState): Promise<void> {
    if (this.#done || epoch < Math.floor(this.#start * epochs) || this.#averaged.includes(epoch)) return;
    await learner.engine.blend(SHADOW, 1 / (this.#averaged.length + 1));
    this.#averaged.push(epoch);
  }

  async #take({ learner }: TrainingState): Promise<void> {
    if (this.#done || this.#averaged.length === 0) return;
    await learner.engine.swap(SHADOW);
    try {
      await learner.updateStatistics();
    } catch (error) {
      // A stop while statistics are computed: the fit goes on from here another time.
      await learner.engine.swap(SHADOW);
      throw error;
    }
    this.#done = true;
  }

  saveState(): unknown {
    return { averaged: this.#averaged, done: this.#done };
  }

  loadState(saved: unknown): void {
    const { averaged, done } = parseState(State, saved, this.name);
    this.#averaged = [...averaged];
    this.#done = done;
  }
}
