import { modelOf } from '../graph/model.js';
import { writeModel } from '../graph/onnx.js';
import { float32, type TensorData } from '../graph/types.js';
import type { Device } from '../runtime/device.js';
import type { LayerGradients } from './feature-gradients.js';
import { type Freezing, isTrained } from './freezing.js';
import { type Layout, layoutOf, type Segment, stored, tracedSize } from './layout.js';
import { type Loss, lossOf, numberOf, type SplitOutputs } from './loss.js';
import { defaultLoss } from './losses/index.js';
import type { Network } from './network.js';
import type { Optimizer } from './optimizer.js';
import { buildExportGraph, type NamedValues } from './predict-graph.js';
import { type FeaturePrecision, PredictPrograms } from './predict-programs.js';
import type { CalibrationBatch } from './quantise/index.js';
import { Shadows, storedTensors } from './shadows.js';
import {
  inputFeeds,
  maskFeeds,
  type StepInput,
  type StepSettings,
  scalar,
  settingFeeds,
  targetFeeds,
} from './step-feeds.js';
import { type StepKind, StepPrograms } from './step-programs.js';
import { packValues, storedNames, unpackValues } from './values.js';

export type { CalibrationBatch, FeaturePrecision, Freezing, StepInput, StepSettings };

export interface EngineOptions {
  readonly optimizer: Optimizer;
  /** Default: the task's. */
  readonly loss?: Loss | undefined;
  /** Whether weight decay shrinks biases and norms, too. Default false. */
  readonly decayAll?: boolean;
  /** Decides dropout. */
  readonly seed: number;
  /** Whether steps keep few activations and compute the others again: less memory, more time. Default false. */
  readonly recompute?: boolean;
  /** Passes of the graph optimiser to leave out, by name, to measure them. Default: none. */
  readonly withoutPasses?: readonly string[];
}

/**
 * Trains and runs a network: compiles the graphs that are asked for, once each, and keeps parameters and optimizer state on
 * the device.
 */
export class Engine {
  readonly layout: Layout;
  readonly #steps: StepPrograms;
  readonly #predictions: PredictPrograms;
  #freezing: Freezing = { firstTrained: 0, trainNorm: true };
  /** Steps since the optimizer's state was reset. */
  #stepCount = 0;
  /** Whether some batches of a step have been added up, but not all. */
  #adding = false;
  readonly shadows: Shadows;
  readonly #slots: readonly ((segment: Segment) => string)[];

  constructor(
    readonly device: Device,
    readonly network: Network,
    private readonly options: EngineOptions,
  ) {
    this.layout = layoutOf(network, tracedSize(network));
    this.shadows = new Shadows(device, storedTensors(this.layout.segments, this.layout.normGroups));
    this.#steps = new StepPrograms(device, network, this.layout, () => this.#stepKind(), options.withoutPasses ?? []);
    this.#predictions = new PredictPrograms(device, network, this.layout, () => this.values());
    this.#slots = options.optimizer.slots.map((slot) => (segment: Segment) => stored.slot(slot, segment));
  }

  get freezing(): Freezing {
    return this.#freezing;
  }

  get optimizer(): Optimizer {
    return this.options.optimizer;
  }

  /** Whether a step can begin at the frozen body's features. */
  get bodyIsFixed(): boolean {
    return this.#freezing.firstTrained >= this.network.arch.groups.length && !this.#freezing.trainNorm;
  }

  /** Sets all parameters and statistics. */
  async setValues(values: NamedValues): Promise<void> {
    await this.device.write(packValues(this.layout, values));
    await this.#predictions.forget(true);
  }

  /** All parameters and statistics as they are now, or a shadow's. */
  async values(shadow?: string): Promise<Map<string, Float32Array>> {
    const names = storedNames(this.layout);
    return unpackValues(
      this.layout,
      await (shadow === undefined ? this.device.read(names) : this.shadows.read(shadow)),
    );
  }

  /** Freezes layer groups; the optimizer begins anew. */
  async freeze(freezing: Freezing): Promise<void> {
    if (freezing.firstTrained !== this.#freezing.firstTrained || freezing.trainNorm !== this.#freezing.trainNorm) {
      await this.#steps.unload();
      await this.#predictions.forget(true);
    }
    this.#freezing = freezing;
    await this.resetOptimizer();
  }

  /** Zeroes what the optimizer keeps. */
  async resetOptimizer(): Promise<void> {
    this.#stepCount = 0;
    this.#adding = false;
    await this.#zero(this.#slots);
  }

  /** Everything that training changes: to be put back by `restore`. */
  async snapshot(): Promise<EngineState> {
    const sums = this.#adding ? this.layout.segments.map(stored.accumulated) : [];
    const names = [...storedNames(this.layout), ...this.#names(this.#slots), ...sums, ...this.shadows.storedNames()];
    return { steps: this.#stepCount, optimizer: this.optimizer.name, tensors: await this.device.read(names) };
  }

  /**
   * Puts back a snapshot. Where it is of another optimizer, the optimizer begins anew.
   *
   * @param sameBody whether the body is known to be as it was, so that what was compiled for it may stay
   */
  async restore(state: EngineState, sameBody = false): Promise<void> {
    const { steps, optimizer = this.optimizer.name, tensors } = state;
    const slots = this.#names(this.#slots);
    const sums = this.layout.segments.map(stored.accumulated);
    const same = optimizer === this.optimizer.name && slots.every((name) => tensors[name] !== undefined);
    const known = [...storedNames(this.layout), ...(same ? [...slots, ...sums] : [])].flatMap((name) => {
      const tensor = tensors[name];
      return tensor === undefined ? [] : [[name, tensor] as const];
    });
    await this.device.write({ ...Object.fromEntries(known), ...this.shadows.taken(tensors) });
    if (same) this.#stepCount = steps;
    else await this.resetOptimizer();
    this.#adding = same && sums.some((name) => tensors[name] !== undefined);
    await this.#predictions.forget(!sameBody);
  }

  /**
   * One training step; gives the loss.
   *
   * @param targets [n, classes], as the loss reads them
   */
  async step(input: StepInput, targets: Float32Array, settings: StepSettings): Promise<number> {
    const n = targets.length / this.network.classes;
    const { accumulate = { index: 0, of: 1 }, clip } = settings;
    const adds = accumulate.of > 1;
    const kind = clip === undefined ? {} : { clip: 'norm' in clip ? ('norm' as const) : ('value' as const) };
    const { step, run } = await this.#steps.train(input, n, adds ? { accumulate: true } : kind);
    if (adds && accumulate.index === 0) await this.#zero([stored.accumulated]);
    const t = this.#stepCount + 1;
    const numbers = Object.entries(this.optimizer.scalars(t, settings.momentum));
    const optimizerFeeds = Object.fromEntries(numbers.map(([name, value]) => [`opt/${name}`, scalar(value)]));
    // Batches of one step differ in their masks.
    const draw = accumulate.index === 0 ? [] : [accumulate.index];
    const { loss } = await run({
      ...targetFeeds(targets, n, this.network.classes),
      ...settingFeeds(step, settings),
      ...optimizerFeeds,
      ...inputFeeds(input, n, this.layout.features),
      ...maskFeeds(step, this.options.seed, t, ...draw),
    });
    const last = accumulate.index === accumulate.of - 1;
    if (adds && last) {
      const apply = await this.#steps.apply(kind);
      await apply.run({ ...settingFeeds(apply.step, settings), ...optimizerFeeds });
    }
    if (last) this.#stepCount = t;
    this.#adding = !last;
    await this.#changed();
    return numberOf(loss);
  }

  /**
   * Moves the running statistics of batch norms that follow the batch by `share` towards those of a batch, as the parameters
   * are now; nothing else changes. With shares 1, 1/2, 1/3, … they become the mean over the batches.
   *
   * @param draw the batch's number: decides dropout
   */
  async updateStatistics(input: StepInput, n: number, share: number, draw: number): Promise<void> {
    const { step, run } = await this.#steps.train(input, n, { statisticsOnly: true });
    await run({
      ...targetFeeds(new Float32Array(n * this.network.classes), n, this.network.classes),
      ...inputFeeds(input, n, this.layout.features),
      ...maskFeeds(step, this.options.seed, this.#stepCount, draw + 1),
      statistics: scalar(share),
    });
    await this.#changed();
  }

  /** Whether any batch norm follows the batch's statistics. */
  get hasBatchStatistics(): boolean {
    return this.layout.normGroups.some((group) => this.#usesBatch(group.group));
  }

  /** Moves a shadow, an average of all values under a name, by `share` towards them; a new one copies them. */
  async blend(shadow: string, share: number): Promise<void> {
    const { segments, normGroups } = this.layout;
    const changing = storedTensors(
      segments.filter((s) => this.#isTrained(s)),
      normGroups.filter((g) => this.#usesBatch(g.group)),
    );
    await this.shadows.blend(shadow, share, changing);
  }

  /** Exchanges the values and a shadow: what is predicted, exported or trained on from now on is the other. */
  async swap(shadow: string): Promise<void> {
    await this.shadows.swap(shadow);
    await this.#changed();
  }

  /** Logits, or a regression's values, [n, classes] of uint8 pictures [n, 3, size, size], in evaluation mode. */
  predict(pictures: Uint8Array, n: number, size: number): Promise<Float32Array> {
    return this.#predictions.outputs(pictures, n, size);
  }

  /**
   * What the frozen body gives for pictures: [n, …features]. In int8 it must have been quantised for their size.
   *
   * @throws {Int8Error} if it runs in float32 only
   */
  features(
    pictures: Uint8Array,
    n: number,
    size: number,
    precision: FeaturePrecision = 'float32',
  ): Promise<Float32Array> {
    return this.#predictions.features(pictures, n, size, precision);
  }

  /** Whether the body as it is now can give features of pictures of a size in int8. */
  isQuantised(size: number): boolean {
    return this.#predictions.isQuantised(size);
  }

  /**
   * Quantises the frozen body for pictures of a size: its features in int8.
   *
   * @param batches pictures like those that it will see; a hundred or more in all
   * @throws {Int8Error} if that cannot be
   */
  quantiseBody(batches: readonly CalibrationBatch[], size: number): Promise<void> {
    return this.#predictions.quantiseBody(batches, size);
  }

  /** Unloads what computes features of pictures of a size, if that is there: in float32 it is made again when it is wanted. */
  forgetBody(size: number, precision: FeaturePrecision): Promise<void> {
    return this.#predictions.forgetBody(size, precision);
  }

  /** Logits, or a regression's values, from features. */
  predictHead(features: Float32Array, n: number): Promise<Float32Array> {
    return this.#predictions.head(features, n);
  }

  /**
   * What the last layer that counts of those that lie over a picture gives for it, and the derivative of one output with regard to it.
   *
   * @param picture uint8 [3, size, size]
   * @param output the place of a class, or of a regression's output
   */
  featureGradients(picture: Uint8Array, size: number, output: number): Promise<LayerGradients> {
    return this.#predictions.featureGradients(picture, size, output);
  }

  /** The mean loss of a split's outputs, as `predict` gives them. */
  loss(split: Pick<SplitOutputs, 'outputs' | 'targets'>): Promise<number> {
    const { classes, task = 'single-label' } = this.network;
    const n = split.outputs.length / classes;
    return lossOf(this.device, this.options.loss ?? defaultLoss(task), { ...split, n, classes, task });
  }

  /** The network as an ONNX model that needs nothing but ONNX Runtime, its logits divided by a temperature. */
  async exportModel(size: number, metadata: Readonly<Record<string, string>>, temperature = 1): Promise<Uint8Array> {
    return writeModel(modelOf(buildExportGraph(this.network, await this.values(), size, temperature), metadata));
  }

  #isTrained({ group, kind }: Segment): boolean {
    return isTrained(kind, group, this.#freezing);
  }

  #usesBatch(group: number): boolean {
    return group >= this.network.arch.groups.length || this.#freezing.trainNorm;
  }

  /** Parameters or statistics are others now. */
  async #changed(): Promise<void> {
    await this.#predictions.forget(!this.bodyIsFixed);
  }

  #stepKind(): StepKind {
    const { optimizer, decayAll, loss, recompute = false } = this.options;
    return {
      ...{ optimizer, loss, recompute },
      ...(decayAll === true ? { decays: () => true } : {}),
      trained: (segment) => this.#isTrained(segment),
      batchStatistics: (group) => this.#usesBatch(group),
    };
  }

  async #zero(kinds: readonly ((segment: Segment) => string)[]): Promise<void> {
    const zeros: Record<string, TensorData> = {};
    for (const segment of this.layout.segments) {
      for (const name of kinds) zeros[name(segment)] = float32([segment.size], new Float32Array(segment.size));
    }
    await this.device.write(zeros);
  }

  #names(kinds: readonly ((segment: Segment) => string)[]): string[] {
    return this.layout.segments.flatMap((segment) => kinds.map((name) => name(segment)));
  }
}

/** What training changes on the device, and the optimizer's step count. */
export interface EngineState {
  readonly steps: number;
  /** The optimizer's name; states of old checkpoints lack it. */
  readonly optimizer?: string | undefined;
  readonly tensors: Readonly<Record<string, TensorData>>;
}
