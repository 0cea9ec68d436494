import type { Callback, EpochResult, TrainingState } from '../callback.js';
import { LogFile } from './log-file.js';
import { scalarEvent, versionEvent } from './tensorboard-events.js';

/** Writes losses, rates, momentum and metrics as an event file that TensorBoard shows, by iteration over all fits. */
export class TensorBoardLogger implements Callback {
  readonly name = 'TensorBoardLogger';
  readonly order = 50;
  readonly whileFinding = false;
  readonly #log: LogFile;

  /** @param folder for `tensorboard --logdir` */
  constructor(folder: string) {
    this.#log = new LogFile(`${folder}/events.out.tfevents.onecycle`);
  }

  onTrainBegin({ learner }: TrainingState): Promise<void> {
    return this.#log.open(learner.files, versionEvent(now()));
  }

  onBatchEnd(state: TrainingState): void {
    this.#scalars(state, {
      'loss/train': state.loss,
      'loss/smooth': state.smoothLoss,
      'optimizer/momentum': state.momentum,
      ...Object.fromEntries(state.lr.map((lr, group) => [`optimizer/lr_${group}`, lr])),
    });
  }

  onEpochEnd(state: TrainingState, { validLoss, metrics }: EpochResult): Promise<void> {
    const named = Object.fromEntries(Object.entries(metrics).map(([name, value]) => [`metrics/${name}`, value]));
    this.#scalars(state, { ...(validLoss === undefined ? {} : { 'loss/valid': validLoss }), ...named });
    return this.#log.flush(state.learner.files);
  }

  onTrainEnd({ learner }: TrainingState): Promise<void> {
    return this.#log.flush(learner.files);
  }

  #scalars({ learner }: TrainingState, values: Readonly<Record<string, number>>): void {
    this.#log.add(scalarEvent(now(), learner.recorder.history.losses.length, values));
  }

  saveState(): Promise<unknown> {
    return this.#log.saveState();
  }

  loadState(saved: unknown): void {
    this.#log.loadState(saved, this.name);
  }
}

function now(): number {
  return Date.now() / 1000;
}
