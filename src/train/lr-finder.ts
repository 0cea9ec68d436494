import type { Callback, TrainingState } from './callback.js';

export interface LrFindOptions {
  /** Default 1e-7. */
  readonly startLr?: number;
  /** Default 10. */
  readonly endLr?: number;
  /** Iterations at most. Default 100. */
  readonly numIt?: number;
  /** Whether to stop when the loss is above four times its best. Default true. */
  readonly stopDiv?: boolean;
  /** Decoupled weight decay. Default: the learner's. */
  readonly wd?: number;
}

/** What the finder saw: smoothed losses by rate, and rates that suggest themselves. */
export interface LrFinding {
  readonly lrs: readonly number[];
  readonly losses: readonly number[];
  /** The rate to train with: a tenth of the rate at the minimum, as fastai's rule of thumb has it. */
  readonly suggestion: number;
  /** Where the smoothed loss falls fastest. */
  readonly steepest: number;
  /** Rate at the lowest loss. */
  readonly minimum: number;
}

/** Raises the rate exponentially, batch by batch, until the loss explodes (Smith 2015, as in fastai v1). */
export class LrFinder implements Callback {
  readonly lrs: number[] = [];
  readonly losses: number[] = [];
  #best = Number.POSITIVE_INFINITY;
  readonly #start: number;
  readonly #end: number;
  readonly #iterations: number;
  readonly #stopDiv: boolean;

  constructor(o: LrFindOptions = {}) {
    this.#start = o.startLr ?? 1e-7;
    this.#end = o.endLr ?? 10;
    this.#iterations = o.numIt ?? 100;
    this.#stopDiv = o.stopDiv ?? true;
  }

  onBatchBegin(state: TrainingState): void {
    const lr = this.#start * (this.#end / this.#start) ** (state.iteration / Math.max(1, this.#iterations - 1));
    state.lr = state.lr.map(() => lr);
  }

  onBatchEnd(state: TrainingState): void {
    const loss = state.smoothLoss;
    const exploded = !Number.isFinite(loss) || (this.#stopDiv && loss > 4 * this.#best);
    if (Number.isFinite(loss)) {
      this.lrs.push(state.lr.at(-1) ?? 0);
      this.losses.push(loss);
      this.#best = Math.min(this.#best, loss);
    }
    if (exploded || state.iteration + 1 >= this.#iterations) state.stop = true;
  }

  finding(): LrFinding {
    return suggest(this.lrs, this.losses);
  }
}

/**
 * Reads a finder's curve. The first tenth and the last five points are left out, as fastai's plot leaves them out: the
 * moving average has not settled in the one, the loss explodes in the other.
 */
export function suggest(lrs: readonly number[], losses: readonly number[]): LrFinding {
  const from = Math.floor(losses.length / 10);
  const to = Math.max(from + 2, losses.length - 5);
  const x = lrs.slice(from, to);
  const y = losses.slice(from, to);
  let lowest = 0;
  for (let i = 1; i < y.length; i++) if ((y[i] ?? 0) < (y[lowest] ?? 0)) lowest = i;
  let steepest = 0;
  let slope = 0;
  for (let i = 1; i + 1 <= lowest; i++) {
    const s = (y[i + 1] ?? 0) - (y[i - 1] ?? 0);
    if (s < slope) {
      slope = s;
      steepest = i;
    }
  }
  const minimum = x[lowest] ?? lrs[0] ?? 1e-3;
  return { lrs, losses, suggestion: minimum / 10, steepest: x[steepest] ?? minimum / 10, minimum };
}
