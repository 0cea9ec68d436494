import type { Plot } from '../display/index.js';
import type { Callback, TrainingState } from './callback.js';
import { type LrFindPlotOptions, lrFindPlot } from './plots/lr-find-plot.js';
import type { WeightDecay } from './rates.js';
import { SUGGEST_FUNCS, type SuggestFunc, suggestionsOf } from './suggestions.js';

export interface LrFindOptions {
  /** Default 1e-7. */
  readonly startLr?: number;
  /** Default 10. */
  readonly endLr?: number;
  /** Iterations at most. Default 100. */
  readonly numIt?: number;
  /** Whether to stop when the loss is above four times its best. Default true. */
  readonly stopDiv?: boolean;
  /** Default: the learner's. */
  readonly wd?: WeightDecay;
  /** Ways to read the curve beside `suggestion`. Default: fastai's `valley`, `slide`, `minimum` and `steep`. */
  readonly suggestFuncs?: readonly SuggestFunc[];
}

/** What the finder saw: losses by rate, and rates that suggest themselves. */
export interface LrFinding {
  readonly lrs: readonly number[];
  /** Smoothed by a moving average (β 0.98), as fastai's plot shows them. */
  readonly losses: readonly number[];
  /** The rate to train with: a tenth of `edge`. Lower layers take it, higher ones up to `edge`. */
  readonly suggestion: number;
  /** The rate above which the loss rises for good: half as much again as at its lowest. */
  readonly edge: number;
  /** Where the loss falls fastest. */
  readonly steepest: number;
  /** Rate at the lowest loss. */
  readonly minimum: number;
  /** What each of `suggestFuncs` says, by its name; those that the curve is too short for are left out. */
  readonly suggestions: Readonly<Record<string, number>>;
}

/** A finding that draws itself. */
export interface LrFindResult extends LrFinding {
  /** The curve with its suggestions. */
  plot(options?: LrFindPlotOptions): Plot;
}

/** Raises the rate exponentially, batch by batch, until the loss explodes (Smith 2015, as in fastai v1). */
export class LrFinder implements Callback {
  readonly lrs: number[] = [];
  readonly losses: number[] = [];
  readonly #raw: number[] = [];
  #best = Number.POSITIVE_INFINITY;
  readonly #start: number;
  readonly #end: number;
  readonly #iterations: number;
  readonly #stopDiv: boolean;
  readonly #funcs: readonly SuggestFunc[];

  constructor(o: LrFindOptions = {}) {
    this.#start = o.startLr ?? 1e-7;
    this.#end = o.endLr ?? 10;
    this.#iterations = o.numIt ?? 100;
    this.#stopDiv = o.stopDiv ?? true;
    this.#funcs = o.suggestFuncs ?? SUGGEST_FUNCS;
  }

  onBatchBegin(state: TrainingState): void {
    const lr = this.#start * (this.#end / this.#start) ** (state.iteration / Math.max(1, this.#iterations - 1));
    state.lr = state.lr.map(() => lr);
  }

  onBatchEnd(state: TrainingState): void {
    const loss = state.smoothLoss;
    // The first batches of a network that is good already differ by more than four times.
    const settled = state.iteration >= this.#iterations / 10;
    const exploded = !Number.isFinite(loss) || (this.#stopDiv && settled && loss > 4 * Math.max(this.#best, LEAST));
    if (Number.isFinite(loss)) {
      this.lrs.push(state.lr.at(-1) ?? 0);
      this.losses.push(loss);
      this.#raw.push(state.loss);
      this.#best = Math.min(this.#best, loss);
    }
    if (exploded || state.iteration + 1 >= this.#iterations) state.stop = true;
  }

  finding(): LrFindResult {
    const suggestions = suggestionsOf(this.lrs, this.losses, this.#iterations, this.#funcs);
    const finding: LrFinding = { ...suggest(this.lrs, this.losses, this.#raw), suggestions };
    return { ...finding, plot: (options) => lrFindPlot(finding, options) };
  }
}

/**
 * Reads a finder's curve.
 *
 * The moving average that fastai plots lags behind by about half a decade of the rate, and hides where the loss turns; here
 * each loss is averaged with its neighbours on both sides instead.
 *
 * @param losses the moving average, kept for the plot
 * @param raw the loss of each batch
 */
export function suggest(
  lrs: readonly number[],
  losses: readonly number[],
  raw: readonly number[] = losses,
): Omit<LrFinding, 'suggestions'> {
  const y = blurred(raw, Math.max(1.5, raw.length / 40));
  let lowest = 0;
  y.forEach((loss, i) => {
    if (loss < (y[lowest] ?? 0)) lowest = i;
  });
  const floor = y[lowest] ?? 0;
  let edge = lowest;
  while (edge + 1 < y.length && (y[edge] ?? 0) <= EDGE * floor) edge++;
  let steepest = 0;
  let slope = 0;
  for (let i = 1; i + 1 <= lowest; i++) {
    const s = (y[i + 1] ?? 0) - (y[i - 1] ?? 0);
    if (s < slope) {
      slope = s;
      steepest = i;
    }
  }
  const at = (i: number) => lrs[i] ?? 1e-3;
  return { lrs, losses, suggestion: at(edge) / 10, edge: at(edge), steepest: at(steepest), minimum: at(lowest) };
}

const EDGE = 1.5;
/** A loss below this is as good as none: four times it is no explosion. */
const LEAST = 0.05;

/** Each value averaged with its neighbours by a Gaussian of the given width. */
function blurred(values: readonly number[], sigma: number): number[] {
  const reach = Math.ceil(3 * sigma);
  return values.map((_, i) => {
    let sum = 0;
    let weight = 0;
    for (let j = Math.max(0, i - reach); j <= Math.min(values.length - 1, i + reach); j++) {
      const w = Math.exp(-((j - i) ** 2) / (2 * Math.max(sigma, 1e-6) ** 2));
      sum += w * (values[j] ?? 0);
      weight += w;
    }
    return sum / weight;
  });
}
