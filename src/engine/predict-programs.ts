import { modelOf } from '../graph/model.js';
import { writeModel } from '../graph/onnx.js';
import { float32, type Graph, type TensorData } from '../graph/types.js';
import type { Device, ProgramId } from '../runtime/device.js';
import { FeatureGradients, type LayerGradients } from './feature-gradients.js';
import { inInt8 } from './int8-error.js';
import type { Layout } from './layout.js';
import type { Network } from './network.js';
import { buildHeadGraph, buildOnePicture, buildPredictGraph, type NamedValues } from './predict-graph.js';
import { type CalibrationBatch, type QuantiseChoice, quantised } from './quantise/index.js';
import { pictureTensor } from './step-feeds.js';

/** In what numbers a frozen body computes its features: 8-bit integers take half the time or less where processors multiply them fast. */
export type FeaturePrecision = 'float32' | 'int8';

/** Programs for inference: they hold parameters as constants, which every training step outdates. */
export class PredictPrograms {
  readonly #programs = new Map<string, ProgramId>();
  /** By the side of the pictures. */
  readonly #gradients = new Map<number, FeatureGradients>();

  /** @param values all parameters and statistics as they are now */
  constructor(
    private readonly device: Device,
    private readonly network: Network,
    private readonly layout: Layout,
    private readonly values: () => Promise<NamedValues>,
  ) {}

  /** Logits, or a regression's values, [n, classes] of uint8 pictures [n, 3, size, size]. */
  outputs(pictures: Uint8Array, n: number, size: number): Promise<Float32Array> {
    const build = async () => buildPredictGraph(this.network, await this.values(), size, 'all');
    return this.#fetch(`predict ${size}`, build, { pictures: pictureTensor(pictures, n, size) }, 'outputs');
  }

  /**
   * What the body gives for pictures: [n, …features]. In int8 it must have been quantised for their size.
   *
   * @throws {Int8Error} if it runs in float32 only
   */
  features(pictures: Uint8Array, n: number, size: number, precision: FeaturePrecision): Promise<Float32Array> {
    const key = bodyKey(size, precision);
    const feeds = { pictures: pictureTensor(pictures, n, size) };
    if (precision === 'int8' && !this.isQuantised(size)) throw new Error(`the body is not quantised for ${size} px`);
    const features = this.#fetch(key, () => this.#bodyGraph(size), feeds, 'features');
    return precision === 'int8' ? inInt8(features) : features;
  }

  isQuantised(size: number): boolean {
    return this.#programs.has(bodyKey(size, 'int8'));
  }

  /**
   * Quantises the body for pictures of a size, by what its values are on some of them.
   *
   * @throws {Int8Error} if that cannot be, or the device does not take what came of it
   */
  async quantiseBody(batches: readonly CalibrationBatch[], size: number): Promise<void> {
    await this.forgetBody(size, 'int8');
    const body = modelOf(await this.#bodyGraph(size));
    const load = async () => {
      const [int8] = await quantised(body, [FEATURES], batches, size, this.device);
      if (int8 === undefined) throw new Error('quantising gave no model');
      return this.device.load(writeModel(int8));
    };
    this.#programs.set(bodyKey(size, 'int8'), await inInt8(load()));
  }

  /** Unloads the body's program for pictures of a size, if there is one. */
  async forgetBody(size: number, precision: FeaturePrecision): Promise<void> {
    await this.#unload(bodyKey(size, precision));
  }

  async #bodyGraph(size: number): Promise<Graph> {
    return buildPredictGraph(this.network, await this.values(), size, 'features');
  }

  /** Logits, or a regression's values, from features. */
  head(features: Float32Array, n: number): Promise<Float32Array> {
    const build = async () => buildHeadGraph(this.network, await this.values(), this.layout.features);
    return this.#fetch('head', build, { features: float32([n, ...this.layout.features], features) }, 'outputs');
  }

  /** The last layer's values, of those that lie over the picture, and the derivative of one output for a uint8 picture [3, size, size]. */
  featureGradients(picture: Uint8Array, size: number, output: number): Promise<LayerGradients> {
    const known = this.#gradients.get(size);
    const gradients =
      known ?? new FeatureGradients(this.device, async () => buildOnePicture(this.network, await this.values(), size));
    this.#gradients.set(size, gradients);
    return gradients.of({ pictures: pictureTensor(picture, 1, size) }, output, this.network.classes);
  }

  /** Unloads programs whose constants are outdated. A body that is fixed keeps its own. */
  async forget(bodyToo: boolean): Promise<void> {
    for (const key of [...this.#programs.keys()]) if (bodyToo || !key.startsWith(BODY)) await this.#unload(key);
    for (const [size, gradients] of [...this.#gradients]) {
      this.#gradients.delete(size);
      await gradients.forget();
    }
  }

  async #unload(key: string): Promise<void> {
    const id = this.#programs.get(key);
    this.#programs.delete(key);
    if (id !== undefined) await this.device.unload(id);
  }

  async #fetch(
    key: string,
    build: () => Promise<Graph>,
    feeds: Record<string, TensorData>,
    output: string,
  ): Promise<Float32Array> {
    const id = this.#programs.get(key) ?? (await this.device.load(writeModel(modelOf(await build()))));
    this.#programs.set(key, id);
    const { [output]: tensor } = await this.device.run(id, { feeds, resident: {}, keep: {}, fetch: [output] });
    if (tensor?.dtype !== 'float32') throw new Error(`the program gave no float32 ${output}`);
    return tensor.data;
  }
}

const BODY = 'features ';
const bodyKey = (size: number, precision: FeaturePrecision) => `${BODY}${precision} ${size}`;

/** With both ends in float32 they come closer (0.17 of their norm for 0.2), take a fifth longer, and teach a head no more. */
const FEATURES: QuantiseChoice = { calibration: 'percentile', keepFloat: 'none' };
