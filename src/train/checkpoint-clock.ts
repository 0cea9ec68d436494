import { UserError } from '../core/errors.js';

/** A rhythm of checkpoints, in seconds of training or in batches. */
export type CheckpointEvery = { readonly seconds: number } | { readonly batches: number };

const DEFAULT_SECONDS = 60;
/** Where nothing else is asked for, training takes at least so many times as long as checkpoints do. */
const LEAST_RATIO = 50;

/** Tells when the next checkpoint is due. */
export class CheckpointClock {
  #began = performance.now();
  #batches = 0;
  /** Milliseconds that the last one took. */
  #cost = 0;

  /** @throws {UserError} if the rhythm is not above 0 */
  constructor(private readonly every: CheckpointEvery | undefined) {
    const number = every === undefined ? DEFAULT_SECONDS : 'seconds' in every ? every.seconds : every.batches;
    if (!(number > 0)) throw new UserError(`checkpoints must be more than 0 seconds or batches apart, not ${number}`);
  }

  /** Counts a batch; true if a checkpoint should follow it. */
  isDue(): boolean {
    this.#batches++;
    const { every } = this;
    if (every !== undefined && 'batches' in every) return this.#batches >= every.batches;
    const wait =
      every === undefined ? Math.max(DEFAULT_SECONDS * 1000, LEAST_RATIO * this.#cost) : every.seconds * 1000;
    return performance.now() - this.#began >= wait;
  }

  /** Does the work of a checkpoint; the next one is counted from its end, whether it succeeded or not. */
  async spend(save: () => Promise<void>): Promise<void> {
    const began = performance.now();
    try {
      await save();
    } finally {
      this.#began = performance.now();
      this.#cost = this.#began - began;
      this.#batches = 0;
    }
  }
}
