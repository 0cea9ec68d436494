import { UserError } from '../../core/errors.js';
import type { EpochResult } from '../callback.js';
import { isLowerBetter } from '../metrics/index.js';

export interface MonitorOptions {
  /** `validLoss`, `trainLoss`, or a metric's name. Default `validLoss`. */
  readonly monitor?: string | undefined;
  /** Whether less or more of it is better. Default: less for losses, errors, and the metrics that are some. */
  readonly mode?: 'min' | 'max' | undefined;
  /** A difference that counts as better must be larger than this. Default 0. */
  readonly minDelta?: number | undefined;
}

/** Follows one number of each epoch, and knows its best. */
export class Monitor {
  readonly name: string;
  readonly #sign: 1 | -1;
  readonly #minDelta: number;
  best: number | undefined;

  /** @throws {UserError} if minDelta is below 0 */
  constructor({ monitor = 'validLoss', mode, minDelta = 0 }: MonitorOptions) {
    if (!(minDelta >= 0)) throw new UserError(`minDelta must be a number from 0 up, not ${minDelta}`);
    this.name = monitor;
    this.#minDelta = minDelta;
    this.#sign = (mode ?? (isLowerBetter(monitor) ? 'min' : 'max')) === 'min' ? 1 : -1;
  }

  /**
   * Takes up an epoch's result; says whether it is the best so far.
   *
   * @throws {UserError} if the epoch has no such number
   */
  improves(result: EpochResult): boolean {
    const value = this.#valueOf(result);
    const gain = this.best === undefined ? Number.POSITIVE_INFINITY : this.#sign * (this.best - value);
    if (Number.isNaN(value) || gain <= this.#minDelta) return false;
    this.best = value;
    return true;
  }

  #valueOf({ trainLoss, validLoss, metrics }: EpochResult): number {
    const value = this.name === 'trainLoss' ? trainLoss : this.name === 'validLoss' ? validLoss : metrics[this.name];
    if (value !== undefined) return value;
    const names = ['trainLoss', ...(validLoss === undefined ? [] : ['validLoss']), ...Object.keys(metrics)];
    throw new UserError(`there is no "${this.name}" to monitor; there are ${names.join(', ')}`);
  }
}
