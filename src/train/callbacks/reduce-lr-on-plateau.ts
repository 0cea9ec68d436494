import { z } from 'zod';
import { UserError } from '../../core/errors.js';
import type { EpochResult, TrainingState } from '../callback.js';
import { Patient } from './early-stopping.js';
import type { MonitorOptions } from './monitor.js';
import { parseState } from './saved-state.js';

export interface ReduceLROnPlateauOptions extends MonitorOptions {
  /** Epochs without improvement after which rates are lowered. Default 1. */
  readonly patience?: number | undefined;
  /** What rates are divided by. Default 10. */
  readonly factor?: number | undefined;
  /** No rate goes below this. Default 0. */
  readonly minLr?: number | undefined;
}

const Reductions = z.looseObject({ reductions: z.number() });

/** Lowers all rates when a number has not become better for some epochs, as fastai's ReduceLROnPlateau. */
export class ReduceLROnPlateau extends Patient {
  readonly name = 'ReduceLROnPlateau';
  readonly #factor: number;
  readonly #minLr: number;
  #reductions = 0;

  /** @throws {UserError} if an option is no good */
  constructor(options: ReduceLROnPlateauOptions = {}) {
    super(options);
    this.#factor = options.factor ?? 10;
    this.#minLr = options.minLr ?? 0;
    if (!(this.#factor > 1)) throw new UserError(`factor must be above 1, not ${this.#factor}`);
    if (!(this.#minLr >= 0)) throw new UserError(`minLr must be a number from 0 up, not ${this.#minLr}`);
  }

  override onTrainBegin(state: TrainingState): void {
    super.onTrainBegin(state);
    if (!state.resumed) this.#reductions = 0;
  }

  /** The schedule has set the rates before. */
  onBatchBegin(state: TrainingState): void {
    const divisor = this.#factor ** this.#reductions;
    state.lr = state.lr.map((lr) => Math.max(lr / divisor, Math.min(lr, this.#minLr)));
  }

  onEpochEnd(_state: TrainingState, result: EpochResult): void {
    if (!this.isOver(result)) return;
    this.wait = 0;
    this.#reductions++;
  }

  override saveState(): unknown {
    return { ...Object(super.saveState()), reductions: this.#reductions };
  }

  override loadState(saved: unknown): void {
    super.loadState(saved);
    this.#reductions = parseState(Reductions, saved, this.name).reductions;
  }
}
