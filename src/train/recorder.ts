import type { Callback, EpochResult, TrainingState } from './callback.js';

/** What a learner keeps of all its training: one entry for each iteration, and one for each epoch. */
export interface History {
  /** Smoothed training loss. */
  readonly losses: number[];
  /** Rate of the last layer group. */
  readonly lrs: number[];
  readonly moms: number[];
  /** Iterations after which an epoch ended. */
  readonly epochEnds: number[];
  readonly epochs: EpochResult[];
}

/** Records losses, rates, momentums and metrics. */
export class Recorder implements Callback {
  readonly order = -50;
  readonly whileFinding = false;
  history: History = { losses: [], lrs: [], moms: [], epochEnds: [], epochs: [] };

  get losses(): readonly number[] {
    return this.history.losses;
  }
  get lrs(): readonly number[] {
    return this.history.lrs;
  }
  get moms(): readonly number[] {
    return this.history.moms;
  }
  /** Validation loss after each epoch; undefined where there was no validation set. */
  get valLosses(): readonly (number | undefined)[] {
    return this.history.epochs.map((e) => e.validLoss);
  }
  /** Metrics after each epoch. */
  get metrics(): readonly Readonly<Record<string, number>>[] {
    return this.history.epochs.map((e) => e.metrics);
  }

  onBatchEnd(state: TrainingState): void {
    this.history.losses.push(state.smoothLoss);
    this.history.lrs.push(state.lr.at(-1) ?? 0);
    this.history.moms.push(state.momentum);
  }

  onEpochEnd(_state: TrainingState, result: EpochResult): void {
    this.history.epochEnds.push(this.history.losses.length);
    this.history.epochs.push(result);
  }
}
