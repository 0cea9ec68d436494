import { UserError } from '../../core/errors.js';
import { Rng, Stream } from '../../core/rng.js';
import { cutMix, mixUp } from '../../data/augment/mix.js';
import type { Callback, TrainingState } from '../callback.js';

/** Replaces each batch by a mixture of itself. */
abstract class Mix implements Callback {
  readonly needsPictures = true;
  protected readonly alpha: number;

  /** @throws {UserError} if alpha is not above 0 */
  constructor(alpha: number) {
    if (!(alpha > 0 && alpha <= 1000)) throw new UserError(`alpha must be above 0 and at most 1000, not ${alpha}`);
    this.alpha = alpha;
  }

  protected abstract readonly mixed: typeof mixUp;

  onBatchBegin(state: TrainingState): void {
    const { input, targets, learner, iteration } = state;
    const classes = learner.data.classes.length;
    if (!('pictures' in input)) throw new Error('a mixture needs pictures');
    const n = targets.length / classes;
    const none = new Int32Array(n);
    const rng = new Rng(learner.data.seed, Stream.mix, learner.recorder.history.losses.length, iteration);
    const batch = { images: input.pictures, labels: none, indices: none, targets, n };
    const mixed = this.mixed(batch, { alpha: this.alpha, classes }, rng);
    state.input = { pictures: mixed.images, size: input.size };
    state.targets = mixed.targets;
  }
}

/** Mixes each picture, and its target, with another of the batch (Zhang et al. 2017), as fastai's MixUp. */
export class MixUp extends Mix {
  protected readonly mixed = mixUp;

  /** @param alpha of the beta distribution of shares; smaller mixes less. Default 0.4 */
  constructor(alpha = 0.4) {
    super(alpha);
  }
}

/** Puts a box of another picture of the batch into each, targets by area (Yun et al. 2019), as fastai's CutMix. */
export class CutMix extends Mix {
  protected readonly mixed = cutMix;

  /** @param alpha of the beta distribution of areas. Default 1, uniform */
  constructor(alpha = 1) {
    super(alpha);
  }
}
