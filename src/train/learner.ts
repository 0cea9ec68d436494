import { UserError } from '../core/errors.js';
import type { DataBunch, SplitName } from '../data/batch.js';
import { Engine } from '../engine/engine.js';
import type { Freezing } from '../engine/freezing.js';
import type { Network } from '../engine/network.js';
import type { Optimizer } from '../engine/optimizer.js';
import { type NetworkSummary, summaryOf } from '../engine/summary.js';
import { classifierNames, initialValues, takeWeights, unpackValues } from '../engine/values.js';
import type { Architecture } from '../nn/architecture.js';
import { buildNetwork } from './build-network.js';
import type { Callback, CallbackLearner, FitPosition, SideWork } from './callback.js';
import { assertFits, type CheckpointHeader, type LoadOptions, loadCheckpoint, writeCheckpoint } from './checkpoint.js';
import { FeatureBank } from './feature-bank.js';
import { type FeaturePrecision, FeaturePrecisions } from './feature-precision.js';
import { Fits } from './fits.js';
import type { LearnerFiles, LearnerHost } from './host.js';
import { type ExportOptions, type FitOptions, type LearnerOptions, optimizerOf } from './learner-options.js';
import { LrFinder, type LrFindOptions, type LrFindResult } from './lr-finder.js';
import type { Metric } from './metrics/index.js';
import { type Prediction, predictionOf } from './prediction.js';
import { type LabelledPredictions, type PlainPredictions, Predictor, type TtaOptions } from './predictor.js';
import { portable, preprocessing } from './preprocessing.js';
import { decayOf, type Rates, ratesOf, type WeightDecay } from './rates.js';
import { Recorder } from './recorder.js';
import { Scheduler } from './scheduler.js';
import type { Schedule } from './schedules.js';
import { scored, type ValidationResult } from './scores.js';
import { type StartingWeights, startingWeights, startsFromWeights } from './starting-weights.js';
import { TrainBatches } from './train-batches.js';
import { type RunOptions, Trainer } from './trainer.js';
import type { FitOutcome } from './training-loop.js';

export type * from './learner-options.js';
export type { FitOutcome, FitPosition, LabelledPredictions, PlainPredictions, Prediction, ValidationResult };

/**
 * Trains a classifier on a data bunch.
 *
 * Made by `cnnLearner`. The head is trained first, the pretrained body frozen; `unfreeze` opens it.
 */
export class Learner extends Fits implements CallbackLearner {
  readonly recorder = new Recorder();
  readonly engine: Engine;
  /** Called after the recorder, by `order`, then as they stand here; may be added to and taken from between fits. */
  readonly callbacks: Callback[];
  readonly #host: LearnerHost;
  readonly #options: LearnerOptions;
  readonly #precisions: FeaturePrecisions;
  readonly #bank: FeatureBank;
  readonly #batches: TrainBatches;
  readonly #predictor: Predictor;
  readonly #pretrained: boolean;
  /** Passes over the training set so far: each has its own augmentation and order. */
  #passes = 0;
  #firstTrained: number;
  #freezePending = true;
  readonly #trainer: Trainer;
  #training = false;
  #toldOfTest = false;
  /** A checkpoint that was found damaged and has not been written anew. */
  #damaged: string | undefined;

  private constructor(
    readonly data: DataBunch,
    network: Network,
    host: LearnerHost,
    options: LearnerOptions,
    pretrained: boolean,
  ) {
    super();
    this.#pretrained = pretrained;
    this.#host = host;
    this.#options = options;
    this.callbacks = [...(options.callbacks ?? [])];
    this.engine = new Engine(host.createDevice(), network, {
      optimizer: optimizerOf(options.optimizer),
      loss: options.loss,
      decayAll: options.bnWd ?? false,
      seed: options.seed ?? data.seed,
      recompute: options.recompute ?? false,
    });
    this.#firstTrained = network.arch.groups.length;
    const report = (work: SideWork) => this.#trainer.report(work, this.callbacks);
    const { featurePrecision = 'auto' } = options;
    this.#precisions = new FeaturePrecisions(this.engine, data, featurePrecision, host.choices);
    this.#bank = new FeatureBank(this.engine, data, this.#precisions, options.featureBytes ?? 2 * 1024 ** 3, report);
    this.#batches = new TrainBatches(this.engine, data, this.#bank, options.featureCopies ?? FEATURE_COPIES);
    this.#predictor = new Predictor(this.engine, data, this.#bank, report);
    this.#trainer = new Trainer(this, this.#batches);
  }

  /**
   * Builds the network for the data's classes and starts it from pretrained weights, or those of `options.weights`.
   *
   * @throws {UserError} if an option does not fit the data, or the weights cannot be had or do not fit the network
   */
  static async create(
    data: DataBunch,
    arch: Architecture,
    host: LearnerHost,
    options: LearnerOptions = {},
  ): Promise<Learner> {
    if (data.classes.length === 0) throw new UserError('the pictures have no labels to learn from');
    const network = buildNetwork(data, arch, options);
    const weights = options.resuming === true ? undefined : await startingWeights(arch, host, options);
    const learner = new Learner(data, network, host, options, startsFromWeights(arch, options));
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

  /** In what numbers the features of a fixed body were computed so far that the head was trained on, by the pictures' size in pixels. */
  get featurePrecisions(): Readonly<Record<string, FeaturePrecision>> {
    return this.#precisions.made;
  }

  get files(): LearnerFiles {
    return this.#host;
  }

  /** What is shown after each epoch. */
  get metrics(): readonly Metric[] {
    return this.#options.metrics ?? [];
  }

  /** With several labels a picture, those with probabilities above it are given. */
  get threshold(): number {
    return this.#options.threshold ?? 0.5;
  }

  /** Layer groups, the head's with them. */
  get groups(): number {
    return this.engine.layout.groups;
  }

  /**
   * Layers, layer groups, parameters and multiply-adds of the network at the data's size, and what is trained as it is frozen now;
   * `summaryTable` makes text of it.
   */
  summary(): NetworkSummary {
    return summaryOf(this.engine.network, this.data.size, this.#freezing());
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

  /** Tries rising rates on some batches, and puts everything back as it was (Smith 2015). */
  async lrFind(options: LrFindOptions = {}): Promise<LrFindResult> {
    await this.#applyFreezing();
    const before = await this.engine.snapshot();
    const finder = new LrFinder(options);
    const epochs = Math.ceil((options.numIt ?? 100) / this.#batches.count);
    try {
      await this.#run([finder, ...this.callbacks], {
        epochs,
        finding: true,
        wd: options.wd,
        validate: undefined,
        passOf: (epoch) =>
          this.engine.bodyIsFixed ? this.#passes + (epoch % FINDER_COPIES) : FINDER_PASSES + this.#passes + epoch,
      });
    } finally {
      await this.engine.restore(before, this.engine.bodyIsFixed);
    }
    const found = finder.finding();
    this.recorder.found = found;
    return found;
  }

  /** Loss and metrics on a split. */
  async validate(split: SplitName = 'valid'): Promise<ValidationResult> {
    this.#assertHas(split);
    if (!this.data.isLabelled(split)) {
      throw new UserError(
        `the pictures of the ${split} set have no labels to compare with; getPreds('${split}') predicts them`,
      );
    }
    await this.#applyFreezing();
    return scored(this.engine, await this.#predictor.plain(split), this.metrics);
  }

  /** Probabilities, targets and the network's outputs of a split, in the order of its files. */
  async getPreds(split: SplitName = 'valid'): Promise<PlainPredictions> {
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

  /** What one picture shows: a file, or the bytes of one. */
  async predict(source: string | Uint8Array): Promise<Prediction> {
    const picture = await this.loadPicture(source);
    await this.#applyFreezing();
    return predictionOf(this.data, await this.engine.predict(picture, 1, this.data.size), this.threshold);
  }

  /** A picture as the network sees it but for normalisation, as validation pictures are: RGB planes, uint8, [3, size, size]. */
  loadPicture(source: string | Uint8Array): Promise<Uint8Array> {
    const { size, framing, transforms } = this.data;
    return this.#host.loadImage(source, size, { ...framing, transforms: transforms.valid });
  }

  /**
   * The model as ONNX bytes: input `image` [batch, 3, size, size] in 0…1, outputs `probabilities` and `logits`, or a regression's
   * `values`.
   *
   * @throws {UserError} if there is a temperature, and it is not above 0, or there are no probabilities
   */
  async exportModel({ temperature = 1 }: ExportOptions = {}): Promise<Uint8Array> {
    const { size, classes, framing, task, transforms } = this.data;
    if (!(temperature > 0 && Number.isFinite(temperature))) {
      throw new UserError(`temperature must be a number above 0, not ${temperature}`);
    }
    if (temperature !== 1 && task === 'regression') {
      throw new UserError('a temperature is for probabilities; a regression has none');
    }
    const metadata = {
      'onecycle.task': task,
      'onecycle.classes': JSON.stringify(classes),
      ...(task === 'multi-label' ? { 'onecycle.threshold': String(this.threshold) } : {}),
      'onecycle.size': String(size),
      'onecycle.preprocessing': JSON.stringify(preprocessing(framing)),
      'onecycle.transforms': JSON.stringify(portable(transforms.train)),
      ...(temperature === 1 ? {} : { 'onecycle.temperature': String(temperature) }),
      'onecycle.arch': this.engine.network.arch.name,
    };
    return this.engine.exportModel(size, metadata, temperature);
  }

  /** Writes the model as one ONNX file that carries its labels and preprocessing. */
  async export(file: string, options: ExportOptions = {}): Promise<void> {
    await this.#host.writeFile(file, await this.exportModel(options));
  }

  /**
   * Writes parameters, optimizer state and history to a .safetensors file.
   *
   * @param extra plain data that `load` gives back
   * @param options.keep where the file that is replaced goes, if it is whole; by default it is gone
   */
  async save(file: string, extra: Readonly<Record<string, unknown>> = {}, options: SaveOptions = {}): Promise<void> {
    const path = withExtension(file);
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
      featurePrecisions: this.#precisions.made,
      history: this.recorder.history,
      callbacks: await this.#trainer.states(),
      extra,
    };
    const keep = path === this.#damaged ? undefined : options.keep;
    await this.#host.writeFile(path, await writeCheckpoint(state, header), { keep });
    this.#damaged = undefined;
  }

  /**
   * Takes up a saved state; gives what was saved with it.
   *
   * @throws {UserError} if the file is damaged, or of another network; the learner is unchanged then
   */
  async load(file: string, options: LoadOptions = {}): Promise<Readonly<Record<string, unknown>>> {
    const wanted = withExtension(file);
    const { checkpoint, path } = await loadCheckpoint(this.#host, wanted, options);
    // What is damaged must not take the place of what is whole.
    if (path !== wanted) this.#damaged = wanted;
    assertFits(checkpoint, this.engine, this.data.classes, path);
    const { header, state } = checkpoint;
    await this.engine.freeze(header.freezing);
    this.#firstTrained = header.freezing.firstTrained;
    this.#freezePending = false;
    this.#bank.clear();
    await this.engine.restore(state);
    this.#precisions.made = header.featurePrecisions;
    this.#passes = header.passes;
    this.#trainer.setStates(header.callbacks);
    this.recorder.history = {
      ...header.history,
      epochs: header.history.epochs.map((e) => ({ ...e, validLoss: e.validLoss })),
    };
    return header.extra;
  }

  /**
   * Takes a checkpoint's parameters and statistics, the head's with them, and nothing else of it: to go on with pictures of another size,
   * or others of the same classes.
   *
   * @throws {UserError} if the file is damaged, or of another network; the learner is unchanged then
   */
  async startFrom(file: string): Promise<void> {
    const path = withExtension(file);
    const { checkpoint } = await loadCheckpoint(this.#host, path, {});
    assertFits(checkpoint, this.engine, this.data.classes, path);
    await this.engine.setValues(unpackValues(this.engine.layout, checkpoint.state.tensors));
    await this.engine.resetOptimizer();
    this.#bank.clear();
  }

  /**
   * Recomputes the statistics of batch norms that follow the batch as the mean over a pass over the training set: for
   * parameters that no step has led to, such as averages.
   */
  async updateStatistics(): Promise<void> {
    await this.#applyFreezing();
    if (!this.engine.hasBatchStatistics) return;
    const total = this.#batches.count;
    let done = 0;
    const pass = { number: this.#passes, startBatch: 0, size: undefined };
    for await (const { input, n } of this.#batches.pass(pass, false)) {
      await this.engine.updateStatistics(input, n, 1 / (done + 1), done);
      await this.#trainer.report({ what: 'statistics', done: ++done, total }, this.callbacks);
    }
  }

  /** Asks training to stop after the batch that runs. */
  stop(): void {
    this.#trainer.stop();
  }

  /** Ends the training process and the data's workers. */
  async close(): Promise<void> {
    await this.engine.device.close();
    await this.data.close();
  }

  #assertHas(split: SplitName): void {
    if (this.data.length(split) === 0) throw new UserError(`the data have no ${split} set`);
    if (split === 'test' && this.#training && !this.#toldOfTest) {
      this.#toldOfTest = true;
      this.data.notice(
        'the test set was looked at while training: if anything is chosen by it (rates, epochs, when to stop), its accuracy no longer tells that on new pictures; choose by the validation set',
      );
    }
  }

  /** What is trained from the next step on. */
  #freezing(): Freezing {
    if (!this.#freezePending) return this.engine.freezing;
    return { firstTrained: this.#firstTrained, trainNorm: this.#options.trainBn ?? !this.#pretrained };
  }

  async #applyFreezing(): Promise<void> {
    if (!this.#freezePending) return;
    await this.engine.freeze(this.#freezing());
    this.#bank.clear();
    this.#freezePending = false;
  }

  protected get optimizer(): Optimizer {
    return this.engine.optimizer;
  }

  protected async fitBy(
    epochs: number,
    lr: Rates = 3e-3,
    schedule: Schedule,
    options: FitOptions,
  ): Promise<FitOutcome> {
    if (!Number.isInteger(epochs) || epochs < 0) throw new UserError(`epochs must be a whole number, not ${epochs}`);
    const scheduler = new Scheduler(schedule, ratesOf(lr, this.groups));
    await this.#applyFreezing();
    const passes = this.#passes;
    const outcome = await this.#run([scheduler, this.recorder, ...this.callbacks, ...(options.callbacks ?? [])], {
      epochs,
      finding: false,
      wd: options.wd,
      validate: this.data.length('valid') > 0 ? () => this.validate() : undefined,
      passOf: (epoch) => passes + epoch,
      ...(options.from === undefined ? {} : { from: options.from }),
    });
    if (outcome.finished) this.#passes = passes + outcome.epochs;
    return outcome;
  }

  /** One run of the loop, with the learner's own settings. */
  async #run(
    callbacks: readonly Callback[],
    o: Omit<RunOptions, 'weightDecay'> & { readonly wd: WeightDecay | undefined },
  ): Promise<FitOutcome> {
    const { wd = this.#options.wd ?? 0.01, ...rest } = o;
    this.#training = true;
    try {
      return await this.#trainer.run(callbacks, { ...rest, weightDecay: decayOf(wd, this.groups) });
    } finally {
      this.#training = false;
    }
  }
}

const FEATURE_COPIES = 2;
/** The finder's passes have numbers that no fit reaches. */
const FINDER_PASSES = 1_000_000;
/** With a fixed body the finder goes over the augmented copies that the first epochs need anyway. */
const FINDER_COPIES = 3;

export interface SaveOptions {
  readonly keep?: string | undefined;
}

function withExtension(file: string): string {
  return file.endsWith('.safetensors') ? file : `${file}.safetensors`;
}
