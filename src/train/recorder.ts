import { UserError } from '../core/errors.js';
import { type Plot, Table } from '../display/index.js';
import type { Callback, EpochResult, TrainingState } from './callback.js';
import type { LrFindResult } from './lr-finder.js';
import { type LrFindPlotOptions, type LrPlotOptions, lossesPlot, lrPlot, metricsPlot } from './plots/index.js';

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
  /** What the finder found last. */
  found: LrFindResult | undefined;
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

  /**
   * The curve of the last run of the finder, as fastai's `recorder.plot`.
   *
   * @throws {UserError} if it has not run
   */
  plot(options: LrFindPlotOptions = {}): Plot {
    if (this.found === undefined) throw new UserError('there is no curve to plot yet: call learn.lrFind() first');
    return this.found.plot(options);
  }

  /** Training and validation loss of all fits, with the rate. */
  plotLosses(options: { readonly title?: string } = {}): Plot {
    return lossesPlot(this.history, options);
  }

  /** The rate of all fits, and momentum if that is wished. */
  plotLr(options: LrPlotOptions = {}): Plot {
    return lrPlot(this.history, options);
  }

  /** Metrics after each epoch. */
  plotMetrics(options: { readonly title?: string } = {}): Plot {
    return metricsPlot(this.history, options);
  }

  /** A row for each epoch of all fits. */
  table(): Table {
    const { epochs } = this.history;
    const names = [...new Set(epochs.flatMap(({ metrics }) => Object.keys(metrics)))];
    return new Table(
      'Epochs',
      ['epoch', 'train_loss', 'valid_loss', ...names, 'seconds'],
      epochs.map((e) => [
        String(e.epoch),
        ...[e.trainLoss, e.validLoss, ...names.map((name) => e.metrics[name])],
        Number(e.seconds.toFixed(1)),
      ]),
    );
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
