import type { Callback } from '../callback.js';

/** Where an epoch's time went, in seconds. */
export interface EpochTimes {
  /** Waiting for batches. */
  data: number;
  /** Steps, with the callbacks between a batch's begin and end. */
  steps: number;
  validation: number;
}

/** Measures where the time of each epoch goes. */
export class Timer implements Callback {
  readonly whileFinding = false;
  readonly epochs: EpochTimes[] = [];
  #last = 0;

  onEpochBegin(): void {
    this.epochs.push({ data: 0, steps: 0, validation: 0 });
    this.#last = performance.now();
  }

  onBatchBegin(): void {
    this.#add('data');
  }

  onBatchEnd(): void {
    this.#add('steps');
  }

  onValidateBegin(): void {
    this.#last = performance.now();
  }

  onValidateEnd(): void {
    this.#add('validation');
  }

  #add(what: keyof EpochTimes): void {
    const now = performance.now();
    const epoch = this.epochs.at(-1);
    if (epoch !== undefined) epoch[what] += (now - this.#last) / 1000;
    this.#last = now;
  }
}
