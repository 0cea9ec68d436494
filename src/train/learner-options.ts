import { UserError } from '../core/errors.js';
import type { Loss } from '../engine/loss.js';
import type { Optimizer } from '../engine/optimizer.js';
import { OPTIMIZERS, type OptimizerName } from '../engine/optimizers/index.js';
import type { HeadOptions } from '../nn/head.js';
import type { OnDownload } from '../runtime/download.js';
import type { Callback, FitPosition } from './callback.js';
import type { FeaturePrecision } from './feature-precision.js';
import type { Metric } from './metrics/index.js';
import type { Rates, WeightDecay } from './rates.js';
import type { FlatCosShape, OneCycleShape, RestartsShape, Schedule } from './schedules.js';

export interface LearnerOptions {
  /** Shown after each epoch. Default: none. */
  readonly metrics?: readonly Metric[];
  /** Weight decay, of all layer groups or of each. Default 0.01. */
  readonly wd?: WeightDecay;
  /** Whether weight decay shrinks biases and norms, too. Default false. */
  readonly bnWd?: boolean;
  /** What changes the parameters: `sgd({ momentum: 0.9 })`, `lamb()`, …, or the name of one with its defaults. Default `adamw()`. */
  readonly optimizer?: Optimizer | OptimizerName;
  /** Whether to start from ImageNet weights, which may have to be downloaded. Default true where the architecture has them. */
  readonly pretrained?: boolean;
  /**
   * A file of weights to start from instead: .safetensors, what torch.save wrote (.pth, .pt, .bin), or an ONNX model, under
   * the network's, torchvision's or timm's names. Its classifier is left out.
   */
  readonly weights?: string;
  /**
   * Whether a checkpoint is taken up next by `load`, which has all values: starting weights are then neither read nor downloaded.
   * `pretrained` and `weights` must be those that the checkpoint began with. Default false.
   */
  readonly resuming?: boolean;
  /** Is told how a download of weights goes. */
  readonly onDownload?: OnDownload;
  /**
   * Whether the body's batch norms use and track the batch's statistics, in frozen layer groups too, as fastai has it.
   * Otherwise they keep their statistics: a frozen body is a fixed function, whose features are computed once for each
   * augmented copy, and a fine-tuning step takes about half the time. Default: only for a body without pretrained weights.
   */
  readonly trainBn?: boolean;
  /**
   * What training lowers: `crossEntropy({ labelSmoothing: 0.1 })`, `focal()`, `huber()`, …. Default: cross-entropy, of each class by itself where
   * pictures may have several labels; the mean squared error of a regression.
   */
  readonly loss?: Loss;
  /** Where pictures may have several labels, those with a probability above this are given. Default 0.5. */
  readonly threshold?: number;
  /** Bounds of a regression's outputs, which a sigmoid keeps them between; a little wider than the targets' is best. Default: none. */
  readonly yRange?: readonly [number, number];
  readonly head?: HeadOptions;
  /** Decides initialisation and dropout. Default: the data's seed. */
  readonly seed?: number;
  /** Called after the recorder: by `order`, then as they are given here. */
  readonly callbacks?: readonly Callback[];
  /**
   * How many augmented copies of the training set a fixed body sees; later epochs go over them again, which costs next to
   * nothing. Default 2.
   */
  readonly featureCopies?: number;
  /**
   * In what numbers a fixed body computes the features that the head is trained on. `int8` takes about half the time on processors that
   * multiply bytes fast; validation and predictions are always in float32. Default `auto`: int8 from 3,000 training pictures on, where
   * it is measured to be faster and close enough, and float32 where int8 fails; what was measured is kept in the cache folder.
   */
  readonly featurePrecision?: FeaturePrecision | 'auto';
  /** Bound on the memory for features, in bytes. Default 2 GiB. */
  readonly featureBytes?: number;
  /**
   * Whether steps compute most activations again in the backward pass instead of keeping them: a step of 64 pictures then
   * needs about a seventh less memory and a fifth more time. Default false.
   */
  readonly recompute?: boolean;
}

export interface FitOptions {
  /** Default: the learner's. */
  readonly wd?: WeightDecay;
  /** Called after the learner's own callbacks. */
  readonly callbacks?: readonly Callback[];
  /** Where to go on in a fit that was stopped. */
  readonly from?: FitPosition;
}

export interface FitScheduledOptions extends FitOptions {
  /** Rates over the fit, as shares of the given rate. Default: constant. */
  readonly schedule?: Schedule;
}

export interface FitOneCycleOptions extends FitOptions, OneCycleShape {
  /** Default 3e-3. */
  readonly maxLr?: Rates;
}

export interface FitFlatCosOptions extends FitOptions, FlatCosShape {
  /** Default 3e-3. */
  readonly lr?: Rates;
}

export interface FitSgdrOptions extends FitOptions, RestartsShape {
  /** Default 3e-3. */
  readonly maxLr?: Rates;
}

export interface FineTuneOptions extends Omit<FitOptions, 'from'> {
  /** Highest rate of the head while the body is frozen; half of it afterwards. Default 2e-3. */
  readonly baseLr?: number;
  /** Epochs with the body frozen. Default 1. */
  readonly freezeEpochs?: number;
  /** The first layer group's rate in fine-tuning is the last's divided by this. Default 100. */
  readonly lrMult?: number;
  /** Shape of the cycle with all layers trained. Default 0.3 and 5. */
  readonly pctStart?: number;
  readonly divFactor?: number;
}

export interface ExportOptions {
  /**
   * What logits are divided by inside the model, so that its probabilities are honest: `temperatureScale` of an interpretation fits it.
   * Recorded in the metadata. Default 1.
   */
  readonly temperature?: number;
}

/** @throws {UserError} if there is none of that name */
export function optimizerOf(given: Optimizer | OptimizerName = 'adamw'): Optimizer {
  if (typeof given !== 'string') return given;
  if (!Object.hasOwn(OPTIMIZERS, given)) {
    throw new UserError(`there is no optimizer "${given}"; there are ${Object.keys(OPTIMIZERS).join(', ')}`);
  }
  return OPTIMIZERS[given]();
}
