import { UserError } from '../core/errors.js';
import type { DataBunch, SplitName } from '../data/batch.js';
import { Engine } from '../engine/engine.js';
import type { Network } from '../engine/network.js';
import type { Optimizer } from '../engine/optimizer.js';
import { OPTIMIZERS, type OptimizerName } from '../engine/optimizers/index.js';
import { classifierNames, initialValues, takeWeights } from '../engine/values.js';
import { type Architecture, assertTakesSize, normalisationOf } from '../nn/architecture.js';
import type { HeadOptions } from '../nn/head.js';
import type { OnDownload } from '../runtime/download.js';
import { softmax } from './activations.js';
import type { Callback, FitPosition, SideWork } from './callback.js';
import { assertFits, type Checkpoint, type CheckpointHeader, readCheckpoint, writeCheckpoint } from './checkpoint.js';
import { FeatureBank } from './feature-bank.js';
import type { LearnerHost } from './host.js';
import { LrFinder, type LrFinding, type LrFindOptions } from './lr-finder.js';
import { argMax, logLoss, type Metric } from './metrics/index.js';
import { type LabelledPredictions, Predictor, type TtaOptions } from './predictor.js';
import { preprocessing } from './preprocessing.js';
import { decayOf, type Rates, ratesOf, type WeightDecay } from './rates.js';
import { Recorder } from './recorder.js';
import { type OneCycleShape, oneCycle } from './schedules.js';
import { type StartingWeights, startingWeights } from './starting-weights.js';
import { TrainBatches } from './train-batches.js';
import { type FitOutcome, type LoopOptions, trainingLoop } from './training-loop.js';
import type { ValidationResult } from './validation.js';

export type { FitOutcome, FitPosition, LabelledPredictions, ValidationResult };

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
  /** Is told how a download of weights goes. */
  readonly onDownload?: OnDownload;
  /**
   * Whether the body's batch norms use and track the batch's statistics, in frozen layer groups too, as fastai has it.
   * Otherwise they keep their statistics: a frozen body is a fixed function, whose features are computed once for each
   * augmented copy, and a fine-tuning step takes about half the time. Default: only for a body without pretrained weights.
   */
  readonly trainBn?: boolean;
  /** Share of the target spread evenly over all classes (Szegedy et al. 2016). Default 0. */
  readonly labelSmoothing?: number;
  readonly head?: HeadOptions;
  /** Decides initialisation and dropout. Default: the data's seed. */
  readonly seed?: number;
  /** Called in this order after the recorder. */
  readonly callbacks?: readonly Callback[];
  /**
   * How many augmented copies of the training set a fixed body sees; later epochs go over them again, which costs next to
   * nothing. Default 2.
   */
  readonly featureCopies?: number;
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

export interface FitOneCycleOptions extends FitOptions, OneCycleShape {
  /** Default 3e-3. */
  readonly maxLr?: Rates;
}

/**
 * Trains a classifier on a data bunch.
 *
 * Made by `cnnLearner`. The head is trained first, the pretrained body frozen; `unfreeze` opens it.
 */
export class Learner {
  readonly recorder = new Recorder();
  readonly engine: Engine;
  /** Called in this order after the recorder; may be added to and taken from between fits. */
  readonly callbacks: Callback[];
  readonly #host: LearnerHost;
  readonly #options: LearnerOptions;
  readonly #bank: FeatureBank;
  readonly #batches: TrainBatches;
  readonly #predictor: Predictor;
  readonly #pretrained: boolean;
  /** Passes over the training set so far: each has its own augmentation and order. */
  #passes = 0;
  #firstTrained: number;
  #freezePending = true;
  #stopping = false;
  #sideCallbacks: readonly Callback[] = [];

  private constructor(
    readonly data: DataBunch,
    network: Network,
    host: LearnerHost,
    options: LearnerOptions,
    pretrained: boolean,
  ) {
    this.#pretrained = pretrained;
    this.#host = host;
    this.#options = options;
    this.callbacks = [...(options.callbacks ?? [])];
    this.engine = new Engine(host.createDevice(), network, {
      optimizer: optimizerOf(options.optimizer),
      decayAll: options.bnWd ?? false,
      seed: options.seed ?? data.seed,
      recompute: options.recompute ?? false,
    });
    this.#firstTrained = network.arch.groups.length;
    const report = (work: SideWork) => this.#side(work);
    this.#bank = new FeatureBank(this.engine, data, options.featureBytes ?? 2 * 1024 ** 3, report);
    this.#batches = new TrainBatches(this.engine, data, this.#bank, options.featureCopies ?? FEATURE_COPIES);
    this.#predictor = new Predictor(this.engine, data, this.#bank, report);
  }

  /**
   * Builds the network for the data's classes and starts it from pretrained weights, or those of `options.weights`.
   *
   * @throws {UserError} if the weights cannot be had, or do not fit the network
   */
  static async create(
    data: DataBunch,
    arch: Architecture,
    host: LearnerHost,
    options: LearnerOptions = {},
  ): Promise<Learner> {
    assertTakesSize(arch, data.size);
    const weights = await startingWeights(arch, host, options);
    const network: Network = {
      arch,
      classes: data.classes.length,
      head: { kind: 'concat-pool', ...options.head },
      ...(data.stats ?? normalisationOf(arch)),
    };
    const learner = new Learner(data, network, host, options, weights !== undefined);
    try {
      await learner.#start(weights);
    } catch (error) {
      await learner.engine.device.close();
      throw error;
    }
    return learner;
  }

  /** Sets all parameters: at random, and where there are weights, the body's from them. */
  async #start(weights: StartingWeights | undefined): Promise<void> {
    const { layout, network } = this.engine;
    const values = initialValues(layout, this.#options.seed ?? this.data.seed);
    if (weights === undefined) {
      // A body that starts at random has nothing to keep.
      this.unfreeze();
    } else {
      takeWeights(values, layout, weights.tensors, (name) => !name.startsWith('head.'), weights.file, {
        network: network.arch.name,
        classifier: classifierNames(network),
      });
    }
    await this.engine.setValues(values);
  }

  /** Whether the body started from pretrained weights. */
  get pretrained(): boolean {
    return this.#pretrained;
  }

  /** Layer groups, the head's with them. */
  get groups(): number {
    return this.engine.layout.groups;
  }

  /** Trains the head only. */
  freeze(): void {
    this.freezeTo(-1);
  }

  /** Trains every layer group. */
  unfreeze(): void {
    this.freezeTo(0);
  }

  /**
   * Freezes the layer groups before `group`; negative numbers count from the end. The optimizer starts anew.
   *
   * @throws {UserError} if there is no such group
   */
  freezeTo(group: number): void {
    const first = group < 0 ? this.groups + group : group;
    if (!Number.isInteger(first) || first < 0 || first >= this.groups) {
      throw new UserError(`there is no layer group ${group}: ${this.engine.network.arch.name} has ${this.groups}`);
    }
    this.#firstTrained = first;
    this.#freezePending = true;
  }

  /** Trains with constant rates. Default rate 3e-3. */
  fit(epochs: number, lr: Rates = 3e-3, options: FitOptions = {}): Promise<FitOutcome> {
    const rates = ratesOf(lr, this.groups);
    const constant: Callback = {
      onBatchBegin: (state) => {
        state.lr = [...rates];
      },
    };
    return this.#fit(epochs, constant, options);
  }

  /** Trains with one cycle of the rate over all epochs (Smith 2018). */
  fitOneCycle(epochs: number, options: FitOneCycleOptions = {}): Promise<FitOutcome> {
    const cycles = ratesOf(options.maxLr ?? 3e-3, this.groups).map((rate) => oneCycle(rate, options));
    const scheduler: Callback = {
      onBatchBegin: (state) => {
        const position = state.iteration / Math.max(1, state.iterations - 1);
        state.lr = cycles.map((c) => c.lr(position));
        state.momentum = cycles[0]?.momentum(position) ?? state.momentum;
      },
    };
    return this.#fit(epochs, scheduler, options);
  }

  /** Tries rising rates on some batches, and puts everything back as it was (Smith 2015). */
  async lrFind(options: LrFindOptions = {}): Promise<LrFinding> {
    await this.#applyFreezing();
    const before = await this.engine.snapshot();
    const finder = new LrFinder(options);
    const epochs = Math.ceil((options.numIt ?? 100) / this.#batches.count);
    try {
      await this.#loop(epochs, [finder, ...this.callbacks], {
        wd: options.wd,
        validate: undefined,
        passOf: (epoch) =>
          this.engine.bodyIsFixed ? this.#passes + (epoch % FINDER_COPIES) : FINDER_PASSES + this.#passes + epoch,
      });
    } finally {
      await this.engine.restore(before, this.engine.bodyIsFixed);
    }
    return finder.finding();
  }

  /** Loss and metrics on a split. */
  async validate(split: SplitName = 'valid'): Promise<ValidationResult> {
    return this.#score(await this.getPreds(split));
  }

  /** Probabilities and targets of a split, in the order of its files. */
  async getPreds(split: SplitName = 'valid'): Promise<LabelledPredictions> {
    this.#assertHas(split);
    await this.#applyFreezing();
    return this.#predictor.plain(split);
  }

  /**
   * Probabilities with test-time augmentation as fastai v1 has it: eight augmented passes (four corners × flip) are
   * averaged, and mixed with the plain predictions, which weigh `beta` (0.4). `scale` (1.35) is the zoom towards the corner.
   */
  async tta(options: TtaOptions & { split?: SplitName } = {}): Promise<LabelledPredictions> {
    const { split = 'valid', ...rest } = options;
    this.#assertHas(split);
    await this.#applyFreezing();
    return this.#predictor.tta(split, rest);
  }

  /** Classifies one picture: a file, or the bytes of one. */
  async predict(source: string | Uint8Array): Promise<{ label: string; index: number; probabilities: Float32Array }> {
    const { size, framing, transforms } = this.data;
    const pictures = await this.#host.loadImage(source, size, { ...framing, transforms: transforms.valid });
    await this.#applyFreezing();
    const classes = this.data.classes.length;
    const probabilities = softmax(await this.engine.predict(pictures, 1, size), classes);
    const [index = 0] = argMax({ data: probabilities, n: 1, classes });
    return { label: this.data.classes[index] ?? '', index, probabilities };
  }

  /** The model as ONNX bytes: input `image` [batch, 3, size, size] in 0…1, outputs `probabilities` and `logits`. */
  async exportModel(): Promise<Uint8Array> {
    const { size, classes, framing } = this.data;
    return this.engine.exportModel(size, {
      'onecycle.classes': JSON.stringify(classes),
      'onecycle.size': String(size),
      'onecycle.preprocessing': JSON.stringify(preprocessing(framing)),
      'onecycle.arch': this.engine.network.arch.name,
    });
  }

  /** Writes the model as one ONNX file that carries its labels and preprocessing. */
  async export(file: string): Promise<void> {
    await this.#host.writeFile(file, await this.exportModel());
  }

  /** Writes parameters, optimizer state and history to a .safetensors file. */
  async save(file: string, extra: Readonly<Record<string, unknown>> = {}): Promise<void> {
    await this.#applyFreezing();
    const state = await this.engine.snapshot();
    const header: CheckpointHeader = {
      arch: this.engine.network.arch.name,
      classes: [...this.data.classes],
      size: this.data.size,
      steps: state.steps,
      optimizer: state.optimizer,
      passes: this.#passes,
      freezing: this.engine.freezing,
      history: this.recorder.history,
      extra,
    };
    await this.#host.writeFile(withExtension(file), writeCheckpoint(state, header));
  }

  /**
   * Takes up a saved state; gives what was saved with it.
   *
   * @throws {UserError} if the file is damaged, or of another network; the learner is unchanged then
   */
  async load(file: string): Promise<Readonly<Record<string, unknown>>> {
    const path = withExtension(file);
    const checkpoint: Checkpoint = readCheckpoint(await this.#host.readFile(path), path);
    assertFits(checkpoint, this.engine, this.data.classes, path);
    const { header, state } = checkpoint;
    await this.engine.freeze(header.freezing);
    this.#firstTrained = header.freezing.firstTrained;
    this.#freezePending = false;
    this.#bank.clear();
    await this.engine.restore(state);
    this.#passes = header.passes;
    this.recorder.history = {
      ...header.history,
      epochs: header.history.epochs.map((e) => ({ ...e, validLoss: e.validLoss })),
    };
    return header.extra;
  }

  /** Asks training to stop after the batch that runs. */
  stop(): void {
    this.#stopping = true;
  }

  /** Ends the training process and the data's workers. */
  async close(): Promise<void> {
    await this.engine.device.close();
    await this.data.close();
  }

  #assertHas(split: SplitName): void {
    if (this.data.length(split) === 0) throw new UserError(`the data have no ${split} set`);
  }

  async #applyFreezing(): Promise<void> {
    if (!this.#freezePending) return;
    await this.engine.freeze({
      firstTrained: this.#firstTrained,
      trainNorm: this.#options.trainBn ?? !this.#pretrained,
    });
    this.#bank.clear();
    this.#freezePending = false;
  }

  async #fit(epochs: number, scheduler: Callback, options: FitOptions): Promise<FitOutcome> {
    if (!Number.isInteger(epochs) || epochs < 0) throw new UserError(`epochs must be a whole number, not ${epochs}`);
    await this.#applyFreezing();
    const passes = this.#passes;
    const callbacks = [scheduler, this.recorder, ...this.callbacks, ...(options.callbacks ?? [])];
    const outcome = await this.#loop(epochs, callbacks, {
      wd: options.wd,
      validate: this.data.length('valid') > 0 ? () => this.validate() : undefined,
      passOf: (epoch) => passes + epoch,
      ...(options.from === undefined ? {} : { from: options.from }),
    });
    if (outcome.finished) this.#passes = passes + epochs;
    return outcome;
  }

  /** One run of the loop, with the learner's own settings. */
  #loop(
    epochs: number,
    callbacks: readonly Callback[],
    o: Pick<LoopOptions, 'validate' | 'passOf' | 'from'> & { readonly wd: WeightDecay | undefined },
  ): Promise<FitOutcome> {
    this.#stopping = false;
    this.#sideCallbacks = callbacks;
    const { wd = this.#options.wd ?? 0.01, ...rest } = o;
    return trainingLoop(this.engine, this.#batches, {
      ...rest,
      epochs,
      callbacks,
      weightDecay: decayOf(wd, this.groups),
      targetsOf: (labels) => this.#targets(labels),
      stopping: () => this.#stopping,
    });
  }

  #targets(labels: Int32Array): Float32Array {
    const classes = this.data.classes.length;
    const smoothing = this.#options.labelSmoothing ?? 0;
    const targets = new Float32Array(labels.length * classes).fill(smoothing / classes);
    labels.forEach((label, i) => {
      targets[i * classes + label] = 1 - smoothing + smoothing / classes;
    });
    return targets;
  }

  #score({ preds, targets }: LabelledPredictions): ValidationResult {
    const metrics = Object.fromEntries((this.#options.metrics ?? []).map((m) => [m.name, m(preds, targets)]));
    return { loss: logLoss(preds, targets), metrics };
  }

  async #side(work: SideWork): Promise<void> {
    const callbacks = this.#sideCallbacks.length > 0 ? this.#sideCallbacks : this.callbacks;
    for (const callback of callbacks) await callback.onSideWork?.(work);
  }
}

const FEATURE_COPIES = 2;
/** The finder's passes have numbers that no fit reaches. */
const FINDER_PASSES = 1_000_000;
/** With a fixed body the finder goes over the augmented copies that the first epochs need anyway. */
const FINDER_COPIES = 3;

/** @throws {UserError} if there is none of that name */
function optimizerOf(given: Optimizer | OptimizerName = 'adamw'): Optimizer {
  if (typeof given !== 'string') return given;
  if (!Object.hasOwn(OPTIMIZERS, given)) {
    throw new UserError(`there is no optimizer "${given}"; there are ${Object.keys(OPTIMIZERS).join(', ')}`);
  }
  return OPTIMIZERS[given]();
}

function withExtension(file: string): string {
  return file.endsWith('.safetensors') ? file : `${file}.safetensors`;
}
