import { z } from 'zod';
import { UserError } from '../../core/errors.js';
import type { Callback, EpochResult, TrainingState } from '../callback.js';
import { Monitor, type MonitorOptions } from './monitor.js';
import { parseState } from './saved-state.js';

const State = z.object({ best: z.number().optional(), wait: z.number() });

/** Counts epochs without improvement. */
export abstract class Patient implements Callback {
  abstract readonly name: string;
  readonly order = 20;
  readonly whileFinding = false;
  readonly monitor: Monitor;
  protected wait = 0;
  protected readonly patience: number;

  /** @throws {UserError} if patience is no whole number of at least 1 */
  constructor(options: MonitorOptions & { readonly patience?: number | undefined }) {
    this.patience = options.patience ?? 1;
    if (!Number.isInteger(this.patience) || this.patience < 1) {
      throw new UserError(`patience must be a whole number of at least 1, not ${this.patience}`);
    }
    this.monitor = new Monitor(options);
  }

  onTrainBegin(state: TrainingState): void {
    if (state.resumed) return;
    this.monitor.best = undefined;
    this.wait = 0;
  }

  /** True if patience is at its end. */
  protected isOver(result: EpochResult): boolean {
    this.wait = this.monitor.improves(result) ? 0 : this.wait + 1;
    return this.wait >= this.patience;
  }

  saveState(): unknown {
    return { best: this.monitor.best, wait: this.wait };
  }

  loadState(saved: unknown): void {
    const { best, wait } = parseState(State, saved, this.name);
    this.monitor.best = best;
    this.wait = wait;
  }
}

export interface EarlyStoppingOptions extends MonitorOptions {
  /** Epochs without improvement after which the fit ends. Default 1. */
  readonly patience?: number | undefined;
}

/** Ends the fit when a number has not become better for some epochs, as fastai's EarlyStoppingCallback. */
export class EarlyStopping extends Patient {
  readonly name = 'EarlyStopping';

  constructor(options: EarlyStoppingOptions = {}) {
    super(options);
  }

  override onTrainBegin(state: TrainingState): void {
    super.onTrainBegin(state);
    if (this.wait >= this.patience) state.finish = true;
  }

  onEpochEnd(state: TrainingState, result: EpochResult): void {
    if (this.isOver(result)) state.finish = true;
  }
}
