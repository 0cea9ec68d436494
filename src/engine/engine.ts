import { Rng, Stream } from '../core/rng.js';
import { lower } from '../graph/lower/index.js';
import { modelOf } from '../graph/model.js';
import { writeModel } from '../graph/onnx.js';
import { float32, type Graph, sizeOf, type TensorData } from '../graph/types.js';
import type { Device, ProgramId } from '../runtime/device.js';
import { type Layout, layoutOf, type Segment, stored, TRACED_SIZE } from './layout.js';
import type { Network } from './network.js';
import type { OptimizerName } from './optimizer.js';
import { buildExportGraph, buildHeadGraph, buildPredictGraph, type NamedValues } from './predict-graph.js';
import { buildTrainStep, type Step } from './train-step.js';
import { packValues, storedNames, unpackValues } from './values.js';

export interface EngineOptions {
  readonly optimizer: OptimizerName;
  /** AdamW's ε. */
  readonly epsilon: number;
  /** Decides dropout. */
  readonly seed: number;
  /** Whether steps keep few activations and compute the others again: less memory, more time. Default false. */
  readonly recompute?: boolean;
  /** Passes of the graph optimiser to leave out, by name, to measure them. Default: none. */
  readonly withoutPasses?: readonly string[];
}

/** Which layer groups are trained. */
export interface Freezing {
  /** The first group that is trained; those before it are frozen. */
  readonly firstTrained: number;
  /**
   * Whether the body's batch norms use and track the batch's statistics, and are trained in frozen groups too, as fastai
   * has it. Otherwise the body keeps its statistics, as Keras' guide to transfer learning has it: scales and shifts are
   * trained with their group. The head's batch norms always use the batch.
   */
  readonly trainNorm: boolean;
}

/** A step's settings. */
export interface StepSettings {
  /** Rate of each layer group. */
  readonly lr: readonly number[];
  readonly weightDecay: number;
  /** β₁ of AdamW, momentum of SGD. */
  readonly momentum: number;
  readonly beta2: number;
}

/** Pictures (uint8 [n, 3, size, size]) or what the frozen body gave for them ([n, …features]). */
export type StepInput = { readonly pictures: Uint8Array; readonly size: number } | { readonly features: Float32Array };

/**
 * Trains and runs a network: compiles the graphs that are asked for, once each, and keeps parameters and optimizer state on
 * the device.
 */
export class Engine {
  readonly layout: Layout;
  readonly #programs = new Map<string, { id: ProgramId; step: Step }>();
  /** Programs that hold parameters as constants: outdated by every training step. */
  readonly #frozenPrograms = new Map<string, ProgramId>();
  #freezing: Freezing = { firstTrained: 0, trainNorm: true };
  /** Steps since the optimizer's state was reset. */
  #steps = 0;
  #block: number | undefined;

  constructor(
    readonly device: Device,
    readonly network: Network,
    private readonly options: EngineOptions,
  ) {
    this.layout = layoutOf(network, TRACED_SIZE);
  }

  get freezing(): Freezing {
    return this.#freezing;
  }

  /** Whether a step can begin at the frozen body's features. */
  get bodyIsFixed(): boolean {
    return this.#freezing.firstTrained >= this.network.arch.groups.length && !this.#freezing.trainNorm;
  }

  /** Sets all parameters and statistics. */
  async setValues(values: NamedValues): Promise<void> {
    await this.device.write(packValues(this.layout, values));
    await this.#forgetConstants(true);
  }

  /** All parameters and statistics as they are now. */
  async values(): Promise<Map<string, Float32Array>> {
    return unpackValues(this.layout, await this.device.read(storedNames(this.layout)));
  }

  /** Freezes layer groups; the optimizer begins anew. */
  async freeze(freezing: Freezing): Promise<void> {
    if (freezing.firstTrained !== this.#freezing.firstTrained || freezing.trainNorm !== this.#freezing.trainNorm) {
      await this.#unloadSteps();
      await this.#forgetConstants(true);
    }
    this.#freezing = freezing;
    await this.resetOptimizer();
  }

  /** Zeroes the optimizer's moments. */
  async resetOptimizer(): Promise<void> {
    this.#steps = 0;
    const zeros: Record<string, TensorData> = {};
    for (const segment of this.layout.segments) {
      for (const name of this.#moments(segment)) zeros[name] = float32([segment.size], new Float32Array(segment.size));
    }
    await this.device.write(zeros);
  }

  /** Everything that training changes: to be put back by `restore`. */
  async snapshot(): Promise<EngineState> {
    return { steps: this.#steps, tensors: await this.device.read(this.#stateNames()) };
  }

  /**
   * Puts back a snapshot, or as much as it has of the state: moments that it lacks, as one of another optimizer does, stay
   * as they are.
   *
   * @param sameBody whether the body is known to be as it was, so that what was compiled for it may stay
   */
  async restore(state: EngineState, sameBody = false): Promise<void> {
    this.#steps = state.steps;
    const known = this.#stateNames().flatMap((name) => {
      const tensor = state.tensors[name];
      return tensor === undefined ? [] : [[name, tensor] as const];
    });
    await this.device.write(Object.fromEntries(known));
    await this.#forgetConstants(!sameBody);
  }

  /**
   * One training step; gives the loss.
   *
   * @param targets [n, classes], each row summing to 1
   */
  async step(input: StepInput, targets: Float32Array, settings: StepSettings): Promise<number> {
    const n = targets.length / this.network.classes;
    const { id, step } = await this.#trainProgram(input, n);
    this.#steps++;
    const t = this.#steps;
    const feeds: Record<string, TensorData> = {
      targets: float32([n, this.network.classes], targets),
      weights: float32([n], new Float32Array(n).fill(1)),
      wd: scalar(settings.weightDecay),
      momentum: scalar(settings.momentum),
      beta2: scalar(settings.beta2),
      correction1: scalar(1 - settings.momentum ** t),
      correction2: scalar(1 - settings.beta2 ** t),
    };
    if ('features' in input) feeds.features = float32([n, ...this.layout.features], input.features);
    else feeds.pictures = pictureTensor(input.pictures, n, input.size);
    for (const group of step.rates) feeds[`lr/g${group}`] = scalar(settings.lr[group] ?? 0);
    step.masks.forEach((mask, i) => {
      feeds[mask.input] = float32(
        mask.dims,
        dropoutMask(mask.p, sizeOf(mask.dims), new Rng(this.options.seed, Stream.dropout, t, i)),
      );
    });
    const { loss } = await this.device.run(id, {
      feeds: Object.fromEntries(Object.entries(feeds).filter(([name]) => step.inputs.has(name))),
      resident: step.resident,
      keep: step.keep,
      fetch: ['loss'],
    });
    await this.#forgetConstants(!this.bodyIsFixed);
    return numberOf(loss);
  }

  /** Logits [n, classes] of uint8 pictures [n, 3, size, size], in evaluation mode. */
  async predict(pictures: Uint8Array, n: number, size: number): Promise<Float32Array> {
    const id = await this.#constantProgram(`predict ${size}`, async () =>
      buildPredictGraph(this.network, await this.values(), size, 'all'),
    );
    return this.#fetch(id, { pictures: pictureTensor(pictures, n, size) }, 'logits');
  }

  /** What the frozen body gives for pictures: [n, …features]. */
  async features(pictures: Uint8Array, n: number, size: number): Promise<Float32Array> {
    const id = await this.#constantProgram(`features ${size}`, async () =>
      buildPredictGraph(this.network, await this.values(), size, 'features'),
    );
    return this.#fetch(id, { pictures: pictureTensor(pictures, n, size) }, 'features');
  }

  /** Logits from features. */
  async predictHead(features: Float32Array, n: number): Promise<Float32Array> {
    const id = await this.#constantProgram('head', async () =>
      buildHeadGraph(this.network, await this.values(), this.layout.features),
    );
    return this.#fetch(id, { features: float32([n, ...this.layout.features], features) }, 'logits');
  }

  /** The network as an ONNX model that needs nothing but ONNX Runtime. */
  async exportModel(size: number, metadata: Readonly<Record<string, string>>): Promise<Uint8Array> {
    return writeModel(modelOf(buildExportGraph(this.network, await this.values(), size), metadata));
  }

  async #fetch(id: ProgramId, feeds: Record<string, TensorData>, output: string): Promise<Float32Array> {
    const { [output]: tensor } = await this.device.run(id, { feeds, resident: {}, keep: {}, fetch: [output] });
    if (tensor?.dtype !== 'float32') throw new Error(`the program gave no float32 ${output}`);
    return tensor.data;
  }

  async #trainProgram(input: StepInput, n: number): Promise<{ id: ProgramId; step: Step }> {
    const size = 'features' in input ? 0 : input.size;
    const key = `train ${'features' in input ? 'features' : 'pictures'} ${n} ${size}`;
    const found = this.#programs.get(key);
    if (found !== undefined) return found;
    const { firstTrained, trainNorm } = this.#freezing;
    const step = buildTrainStep(this.network, this.layout, {
      batch: n,
      size,
      input: 'features' in input ? 'features' : 'pictures',
      trained: (s) => s.group >= firstTrained || (trainNorm && s.kind === 'norm'),
      batchStatistics: (group) => group >= this.network.arch.groups.length || trainNorm,
      optimizer: this.options.optimizer,
      epsilon: this.options.epsilon,
      recompute: this.options.recompute ?? false,
    });
    const id = await this.#load(step.graph);
    const program = { id, step };
    this.#programs.set(key, program);
    return program;
  }

  async #load(graph: Graph): Promise<ProgramId> {
    this.#block ??= (await this.device.info()).block;
    const target = { block: this.#block, withoutPasses: this.options.withoutPasses ?? [] };
    return this.device.load(writeModel(modelOf(lower(graph, target))));
  }

  async #constantProgram(key: string, build: () => Promise<Graph>): Promise<ProgramId> {
    const found = this.#frozenPrograms.get(key);
    if (found !== undefined) return found;
    const id = await this.device.load(writeModel(modelOf(await build())));
    this.#frozenPrograms.set(key, id);
    return id;
  }

  /** Unloads programs whose constants are outdated. A body that is fixed keeps its own. */
  async #forgetConstants(bodyToo: boolean): Promise<void> {
    for (const [key, id] of [...this.#frozenPrograms]) {
      if (!bodyToo && key.startsWith('features ')) continue;
      this.#frozenPrograms.delete(key);
      await this.device.unload(id);
    }
  }

  async #unloadSteps(): Promise<void> {
    for (const { id } of this.#programs.values()) await this.device.unload(id);
    this.#programs.clear();
  }

  #moments(segment: Segment): string[] {
    return this.options.optimizer === 'sgd'
      ? [stored.moment1(segment)]
      : [stored.moment1(segment), stored.moment2(segment)];
  }

  #stateNames(): string[] {
    return [...storedNames(this.layout), ...this.layout.segments.flatMap((s) => this.#moments(s))];
  }
}

/** What training changes on the device, and the optimizer's step count. */
export interface EngineState {
  readonly steps: number;
  readonly tensors: Readonly<Record<string, TensorData>>;
}

function scalar(x: number): TensorData {
  return float32([], [x]);
}

function numberOf(tensor: TensorData | undefined): number {
  const value = tensor?.dtype === 'float32' ? tensor.data[0] : undefined;
  if (value === undefined) throw new Error('the program gave no number');
  return value;
}

function pictureTensor(pictures: Uint8Array, n: number, size: number): TensorData {
  return { dtype: 'uint8', dims: [n, 3, size, size], data: pictures };
}

function dropoutMask(p: number, n: number, rng: Rng): Float32Array {
  const kept = 1 / (1 - p);
  const threshold = p * 4294967296;
  const mask = new Float32Array(n);
  for (let i = 0; i < n; i++) mask[i] = rng.uint32() < threshold ? 0 : kept;
  return mask;
}
