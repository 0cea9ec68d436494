import { UserError } from '../core/errors.js';
import type { Optimizer } from '../engine/optimizer.js';
import type {
  FineTuneOptions,
  FitFlatCosOptions,
  FitOneCycleOptions,
  FitOptions,
  FitScheduledOptions,
  FitSgdrOptions,
} from './learner-options.js';
import { type Rates, slice } from './rates.js';
import { constant, cosineRestarts, flatCos, oneCycle, type Schedule } from './schedules.js';
import type { FitOutcome } from './training-loop.js';

/** The ways to train, each a schedule of rates. */
export abstract class Fits {
  protected abstract readonly optimizer: Optimizer;
  protected abstract fitBy(
    epochs: number,
    lr: Rates | undefined,
    schedule: Schedule,
    options: FitOptions,
  ): Promise<FitOutcome>;
  abstract freeze(): void;
  abstract unfreeze(): void;

  /** Trains with constant rates, or by a schedule that takes shares of them. Default rate 3e-3. */
  fit(epochs: number, lr: Rates = 3e-3, options: FitScheduledOptions = {}): Promise<FitOutcome> {
    return this.fitBy(epochs, lr, options.schedule ?? constant(), options);
  }

  /** Trains with one cycle of the rate over all epochs (Smith 2018). */
  fitOneCycle(epochs: number, options: FitOneCycleOptions = {}): Promise<FitOutcome> {
    const { momentum, fixedMomentum } = this.optimizer;
    const moms = fixedMomentum ? { moms: [momentum, momentum] as const } : {};
    return this.fitBy(epochs, options.maxLr, oneCycle({ ...moms, ...options }), options);
  }

  /** Trains with the highest rate for most of the time, and then half a cosine down, as fastai's fit_flat_cos. */
  fitFlatCos(epochs: number, options: FitFlatCosOptions = {}): Promise<FitOutcome> {
    return this.fitBy(epochs, options.lr, flatCos(options), options);
  }

  /** Trains in cycles of half a cosine, each longer than the last (Loshchilov & Hutter 2016), as fastai's fit_sgdr. */
  fitSgdr(cycles: number, options: FitSgdrOptions = {}): Promise<FitOutcome> {
    const { cycleLen = 1, cycleMult = 2 } = options;
    let epochs = 0;
    for (let i = 0; i < cycles; i++) epochs += cycleLen * cycleMult ** i;
    return this.fitBy(epochs, options.maxLr, cosineRestarts(options), options);
  }

  /**
   * fastai's fine_tune: the head for `freezeEpochs` with the body frozen, then all layers for `epochs` with half the rate, and
   * far lower ones for the lower layers.
   */
  async fineTune(epochs: number, options: FineTuneOptions = {}): Promise<FitOutcome> {
    const { baseLr = 2e-3, freezeEpochs = 1, lrMult = 100, pctStart = 0.3, divFactor = 5, ...rest } = options;
    if (!(lrMult > 0)) throw new UserError(`lrMult must be above 0, not ${lrMult}`);
    this.freeze();
    const first = await this.fitOneCycle(freezeEpochs, { ...rest, maxLr: slice(baseLr), pctStart: 0.99 });
    if (!first.finished) return first;
    this.unfreeze();
    const lr = baseLr / 2;
    return this.fitOneCycle(epochs, { ...rest, maxLr: slice(lr / lrMult, lr), pctStart, divFactor });
  }
}
