import { UserError } from '../core/errors.js';
import { Rng, Stream } from '../core/rng.js';
import type { DataBunch, SplitName } from '../data/batch.js';
import { Engine, type EngineState } from '../engine/engine.js';
import type { Network } from '../engine/network.js';
import type { OptimizerName } from '../engine/optimizer.js';
import { initialValues, takeWeights } from '../engine/values.js';
import type { Architecture } from '../nn/architecture.js';
import type { HeadOptions } from '../nn/head.js';
import { readSafetensors } from '../nn/safetensors.js';
import {
  type Callback,
  type EpochResult,
  type FitPosition,
  notify,
  type SideWork,
  type TrainingState,
} from './callback.js';
import { assertFits, type Checkpoint, type CheckpointHeader, readCheckpoint, writeCheckpoint } from './checkpoint.js';
import { FeatureBank, type FeatureTable } from './feature-bank.js';
import type { LearnerHost } from './host.js';
import { LrFinder, type LrFinding, type LrFindOptions } from './lr-finder.js';
import { logLoss, type Metric, type Predictions, softmax } from './metrics.js';
import { type Rates, ratesOf } from './rates.js';
import { Recorder } from './recorder.js';
import { type OneCycleShape, oneCycle } from './schedules.js';

export type { FitPosition };

export interface LearnerOptions {
  /** Shown after each epoch. Default: none. */
  readonly metrics?: readonly Metric[];
  /** Decoupled weight decay, on weights but not on biases and norms. Default 0.01. */
  readonly wd?: number;
  /** Default `adamw` (β₂ 0.99, ε 1e-5). */
  readonly optimizer?: OptimizerName;
  /** Whether to start from ImageNet weights. Default true where the architecture has them. */
  readonly pretrained?: boolean;
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
}

export interface FitOptions {
  readonly wd?: number;
  /** Called after the learner's own callbacks. */
  readonly callbacks?: readonly Callback[];
  /** Where to go on in a fit that was stopped. */
  readonly from?: FitPosition;
}

export interface FitOneCycleOptions extends FitOptions, OneCycleShape {
  /** Default 3e-3. */
  readonly maxLr?: Rates;
}

/** How a fit ended: whole, or stopped at a place from which it can go on. */
export type FitOutcome = { readonly finished: true } | { readonly finished: false; readonly at: FitPosition };

export interface ValidationResult {
  readonly loss: number;
  readonly metrics: Readonly<Record<string, number>>;
}

export interface LabelledPredictions {
  readonly preds: Predictions;
  readonly targets: Int32Array;
}

const BETA2 = 0.99;
const EPSILON = 1e-5;
const SMOOTH = 0.98;

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
      optimizer: options.optimizer ?? 'adamw',
      epsilon: EPSILON,
      seed: options.seed ?? data.seed,
    });
    this.#firstTrained = network.arch.groups.length;
    this.#bank = new FeatureBank(this.engine, data, options.featureBytes ?? 2 * 1024 ** 3, (work) => this.#side(work));
  }

  /** Builds the network for the data's classes and starts it from pretrained weights. */
  static async create(
    data: DataBunch,
    arch: Architecture,
    host: LearnerHost,
    options: LearnerOptions = {},
  ): Promise<Learner> {
    const usePretrained = options.pretrained ?? arch.pretrained !== undefined;
    if (usePretrained && arch.pretrained === undefined) {
      throw new UserError(
        `the package carries no pretrained weights for ${arch.name}; pass pretrained: false to start from random ones`,
      );
    }
    const network: Network = {
      arch,
      classes: data.classes.length,
      head: { kind: 'concat-pool', ...options.head },
      mean: arch.pretrained?.mean ?? [0.485, 0.456, 0.406],
      std: arch.pretrained?.std ?? [0.229, 0.224, 0.225],
    };
    const learner = new Learner(data, network, host, options, usePretrained);
    const { layout } = learner.engine;
    const values = initialValues(layout, options.seed ?? data.seed);
    if (usePretrained && arch.pretrained !== undefined) {
      const { file } = arch.pretrained;
      const { tensors } = readSafetensors(await host.pretrainedWeights(file), file);
      takeWeights(values, layout, tensors, (name) => !name.startsWith('head.'), file);
    } else {
      // A body that starts at random has nothing to keep.
      learner.unfreeze();
    }
    await learner.engine.setValues(values);
    return learner;
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
    const perEpoch = this.#batchesPerEpoch();
    const epochs = Math.ceil((options.numIt ?? 100) / perEpoch);
    try {
      await this.#loop(epochs, [finder, ...this.callbacks], {
        wd: options.wd ?? this.#options.wd ?? 0.01,
        validate: false,
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
    if (this.engine.bodyIsFixed) {
      const table = await this.#bank.plain(split);
      return { preds: await this.#predictTable(table), targets: table.labels };
    }
    return this.#predictPass(split, { kind: 'none' }, 'validate', 0, 1);
  }

  /**
   * Test-time augmentation as fastai v1 has it: eight augmented passes (four corners × flip) are averaged, and mixed with
   * the plain predictions, which weigh `beta` (0.4). `scale` (1.35) is the zoom towards the corner.
   */
  async tta(options: { beta?: number; scale?: number; split?: SplitName } = {}): Promise<LabelledPredictions> {
    const { beta = 0.4, scale = 1.35, split = 'valid' } = options;
    this.#assertHas(split);
    const plain = await this.getPreds(split);
    const mean = new Float32Array(plain.preds.data.length);
    for (let pass = 0; pass < TTA_PASSES; pass++) {
      const { preds } = await this.#predictPass(split, { kind: 'tta', pass, scale }, 'tta', pass, TTA_PASSES);
      preds.data.forEach((p, i) => {
        mean[i] = (mean[i] ?? 0) + p / TTA_PASSES;
      });
    }
    const data = plain.preds.data.map((p, i) => beta * p + (1 - beta) * (mean[i] ?? 0));
    return { preds: { ...plain.preds, data }, targets: plain.targets };
  }

  /** Classifies one picture: a file, or the bytes of one. */
  async predict(source: string | Uint8Array): Promise<{ label: string; index: number; probabilities: Float32Array }> {
    const pictures = await this.#host.loadImage(source, this.data.size);
    await this.#applyFreezing();
    const probabilities = softmax(await this.engine.predict(pictures, 1, this.data.size), this.data.classes.length);
    const index = probabilities.indexOf(Math.max(...probabilities));
    return { label: this.data.classes[index] ?? '', index, probabilities };
  }

  /** The model as ONNX bytes: input `image` [batch, 3, size, size] in 0…1, outputs `probabilities` and `logits`. */
  async exportModel(extra: Readonly<Record<string, string>> = {}): Promise<Uint8Array> {
    const { size, classes } = this.data;
    return this.engine.exportModel(size, {
      'onecycle.classes': JSON.stringify(classes),
      'onecycle.size': String(size),
      'onecycle.preprocessing': JSON.stringify(PREPROCESSING),
      'onecycle.arch': this.engine.network.arch.name,
      ...extra,
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
    await this.engine.restore(await this.#wholeState(state));
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

  /** Moments that a checkpoint of another optimizer lacks are zero. */
  async #wholeState(state: EngineState): Promise<EngineState> {
    const now = await this.engine.snapshot();
    const tensors = Object.fromEntries(
      Object.entries(now.tensors).map(([name, t]) => [name, state.tensors[name] ?? t]),
    );
    return { steps: state.steps, tensors };
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
    const outcome = await this.#loop(
      epochs,
      [scheduler, this.recorder, ...this.callbacks, ...(options.callbacks ?? [])],
      {
        wd: options.wd ?? this.#options.wd ?? 0.01,
        validate: this.data.length('valid') > 0,
        passOf: (epoch) => passes + epoch,
        ...(options.from === undefined ? {} : { from: options.from }),
      },
    );
    if (outcome.finished) this.#passes = passes + epochs;
    return outcome;
  }

  #batchesPerEpoch(): number {
    const n = this.data.length('train');
    return this.engine.bodyIsFixed ? Math.max(1, Math.floor(n / this.data.bs)) : this.data.batchCount('train');
  }

  async #loop(epochs: number, callbacks: readonly Callback[], o: LoopOptions): Promise<FitOutcome> {
    const batches = this.#batchesPerEpoch();
    this.#stopping = false;
    this.#sideCallbacks = callbacks;
    let began = performance.now();
    let epochLoss = 0;
    const smooth = { ...(o.from?.smooth ?? { average: 0, count: 0 }) };
    const state: TrainingState = {
      epochs,
      epoch: o.from?.epoch ?? 0,
      batches,
      batch: o.from?.batch ?? 0,
      iterations: epochs * batches,
      iteration: (o.from?.epoch ?? 0) * batches + (o.from?.batch ?? 0),
      lr: Array<number>(this.groups).fill(0),
      momentum: 0.9,
      loss: Number.NaN,
      smoothLoss: Number.NaN,
      stop: false,
      position: () => ({
        epoch: state.epoch,
        batch: state.batch,
        smooth: { ...smooth },
        epochLoss,
        epochSeconds: (performance.now() - began) / 1000,
      }),
    };
    await notify(callbacks, 'onTrainBegin', state);
    for (; state.epoch < epochs; state.epoch++) {
      const resumed = o.from !== undefined && state.epoch === o.from.epoch;
      began = performance.now() - (resumed ? (o.from?.epochSeconds ?? 0) * 1000 : 0);
      epochLoss = resumed ? (o.from?.epochLoss ?? 0) : 0;
      state.batch = resumed ? (o.from?.batch ?? 0) : 0;
      await notify(callbacks, 'onEpochBegin', state);
      for await (const batch of this.#trainBatches(o.passOf(state.epoch), state.batch)) {
        await notify(callbacks, 'onBatchBegin', state);
        state.loss = await this.engine.step(batch.input, this.#targets(batch.labels), {
          lr: state.lr,
          weightDecay: o.wd,
          momentum: state.momentum,
          beta2: BETA2,
        });
        smooth.count++;
        smooth.average = SMOOTH * smooth.average + (1 - SMOOTH) * state.loss;
        state.smoothLoss = smooth.average / (1 - SMOOTH ** smooth.count);
        epochLoss += state.loss;
        await notify(callbacks, 'onBatchEnd', state);
        state.batch++;
        state.iteration++;
        if (this.#stopping || state.stop) break;
      }
      if ((this.#stopping || state.stop) && state.batch < batches) {
        await notify(callbacks, 'onTrainEnd', state);
        return { finished: false, at: state.position() };
      }
      const valid = o.validate ? await this.validate() : undefined;
      const result: EpochResult = {
        epoch: state.epoch,
        trainLoss: epochLoss / Math.max(1, state.batch),
        validLoss: valid?.loss,
        metrics: valid?.metrics ?? {},
        seconds: (performance.now() - began) / 1000,
      };
      for (const callback of callbacks) await callback.onEpochEnd?.(state, result);
      if ((this.#stopping || state.stop) && state.epoch + 1 < epochs) {
        await notify(callbacks, 'onTrainEnd', state);
        return { finished: false, at: { epoch: state.epoch + 1, batch: 0, smooth, epochLoss: 0, epochSeconds: 0 } };
      }
    }
    await notify(callbacks, 'onTrainEnd', state);
    return { finished: true };
  }

  /** Batches of one pass: pictures, or rows of features where the body is fixed. */
  async *#trainBatches(pass: number, startBatch: number): AsyncGenerator<TrainBatch> {
    if (startBatch >= this.#batchesPerEpoch()) return;
    if (!this.engine.bodyIsFixed) {
      for await (const batch of this.data.batches('train', { epoch: pass, startBatch })) {
        yield { input: { pictures: batch.images, size: this.data.size }, labels: batch.labels };
      }
      return;
    }
    const table = await this.#bank.train(pass % (this.#options.featureCopies ?? FEATURE_COPIES));
    const order = new Rng(this.data.seed, Stream.shuffle, pass).shuffle(Int32Array.from(table.labels, (_, i) => i));
    const bs = Math.min(this.data.bs, order.length);
    for (let at = startBatch * bs; at + bs <= order.length; at += bs) {
      const features = new Float32Array(bs * table.width);
      const labels = new Int32Array(bs);
      for (let i = 0; i < bs; i++) {
        const row = order[at + i] ?? 0;
        features.set(table.rows.subarray(row * table.width, (row + 1) * table.width), i * table.width);
        labels[i] = table.labels[row] ?? 0;
      }
      yield { input: { features }, labels };
    }
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

  async #predictTable(table: FeatureTable): Promise<Predictions> {
    const classes = this.data.classes.length;
    const n = table.labels.length;
    const data = new Float32Array(n * classes);
    for (let at = 0; at < n; at += EVAL_ROWS) {
      const rows = Math.min(EVAL_ROWS, n - at);
      const features = table.rows.slice(at * table.width, (at + rows) * table.width);
      data.set(softmax(await this.engine.predictHead(features, rows), classes), at * classes);
    }
    return { data, n, classes };
  }

  async #predictPass(
    split: SplitName,
    augmentation: { kind: 'none' } | { kind: 'tta'; pass: number; scale: number },
    what: 'validate' | 'tta',
    pass: number,
    passes: number,
  ): Promise<LabelledPredictions> {
    const classes = this.data.classes.length;
    const n = this.data.length(split);
    const data = new Float32Array(n * classes);
    const targets = new Int32Array(n);
    let done = 0;
    for await (const batch of this.data.batches(split, { augmentation, shuffle: false, dropLast: false })) {
      const probabilities = softmax(await this.engine.predict(batch.images, batch.n, this.data.size), classes);
      batch.indices.forEach((at, i) => {
        data.set(probabilities.subarray(i * classes, (i + 1) * classes), at * classes);
        targets[at] = batch.labels[i] ?? 0;
      });
      done += batch.n;
      await this.#side({ what, done: pass * n + done, total: passes * n });
    }
    return { preds: { data, n, classes }, targets };
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

/** How pictures are brought to the exported model's input. */
export const PREPROCESSING = {
  input: 'image',
  layout: 'NCHW',
  channels: 'RGB',
  range: [0, 1],
  resize: 'short side to size (cubic), centre crop',
} as const;

const TTA_PASSES = 8;
const EVAL_ROWS = 1024;
const FEATURE_COPIES = 2;
/** The finder's passes have numbers that no fit reaches. */
const FINDER_PASSES = 1_000_000;
/** With a fixed body the finder goes over the augmented copies that the first epochs need anyway. */
const FINDER_COPIES = 3;

interface LoopOptions {
  readonly wd: number;
  readonly validate: boolean;
  /** The number of the pass over the data that an epoch makes. */
  readonly passOf: (epoch: number) => number;
  readonly from?: FitPosition;
}

interface TrainBatch {
  readonly input: { readonly pictures: Uint8Array; readonly size: number } | { readonly features: Float32Array };
  readonly labels: Int32Array;
}

function withExtension(file: string): string {
  return file.endsWith('.safetensors') ? file : `${file}.safetensors`;
}
