import type { Callback, EpochResult, TrainingState } from '../callback.js';
import { LogFile } from './log-file.js';

/**
 * Writes a JSON object a line: for each batch `{ iteration, epoch, batch, loss, lr, momentum }`, for each epoch `{ epoch,
 * trainLoss, validLoss, metrics, seconds }`. Iterations count over all fits; `lr` is the last layer group's.
 */
export class JsonLinesLogger implements Callback {
  readonly name = 'JsonLinesLogger';
  readonly order = 50;
  readonly whileFinding = false;
  readonly #log: LogFile;

  constructor(file: string) {
    this.#log = new LogFile(file);
  }

  onTrainBegin({ learner }: TrainingState): Promise<void> {
    return this.#log.open(learner.files);
  }

  onBatchEnd({ learner, epoch, batch, loss, lr, momentum }: TrainingState): void {
    const iteration = learner.recorder.history.losses.length;
    this.#line({ iteration, epoch, batch, loss, lr: lr.at(-1), momentum });
  }

  onEpochEnd(
    { learner }: TrainingState,
    { epoch, trainLoss, validLoss, metrics, seconds }: EpochResult,
  ): Promise<void> {
    this.#line({ epoch, trainLoss, validLoss, metrics, seconds });
    return this.#log.flush(learner.files);
  }

  onTrainEnd({ learner }: TrainingState): Promise<void> {
    return this.#log.flush(learner.files);
  }

  #line(value: object): void {
    this.#log.add(`${JSON.stringify(value)}\n`);
  }

  saveState(): Promise<unknown> {
    return this.#log.saveState();
  }

  loadState(saved: unknown): void {
    this.#log.loadState(saved, this.name);
  }
}
