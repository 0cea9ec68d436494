import type { AttributeInput } from '../graph/attributes.js';
import type { GraphBuilder } from '../graph/builder.js';
import { OWN_DOMAIN } from '../graph/ops.js';
import { sizeOf, type Value } from '../graph/types.js';
import type { ForwardSource, Initialiser, NormSpec, NormUpdate, ParameterKind } from './forward-source.js';
import {
  type ConvOptions,
  convAttributes,
  isPointwise,
  type PoolOptions,
  poolAttributes,
} from './window-attributes.js';

export {
  type ForwardSource,
  type Initialiser,
  type NormSpec,
  type NormUpdate,
  type ParameterKind,
  type ParameterSpec,
  statisticNames,
} from './forward-source.js';
export type { ConvOptions, PoolOptions } from './window-attributes.js';

/** The activations, by the names of their methods. */
export type Activation = 'relu' | 'relu6' | 'silu' | 'gelu' | 'sigmoid' | 'hardSwish' | 'hardSigmoid';

export interface NormOptions {
  /** Default 1e-5. */
  readonly epsilon?: number;
  /** Share of the new batch in the running statistics. Default 0.1. */
  readonly momentum?: number;
}

/**
 * Whether a 1×1 convolution of C channels to `out`, at P places in all, gets its batch norm from its input's moments: the
 * products with their covariance, about C²·(P + out), must cost less than the sweeps over the output, out·P, that they save
 * (24 of the products take as long as one of the others' values, measured).
 */
function paysToForesee(dims: readonly number[], out: number): boolean {
  const [n = 1, channels = 1, ...plane] = dims;
  const places = n * sizeOf(plane);
  return out > channels && channels ** 2 * (places + out) < 24 * out * places;
}

/** Layers: each adds its nodes to the graph and gives its output. Names are those of the weight files. */
export class Forward {
  readonly normUpdates: NormUpdate[] = [];

  constructor(
    readonly b: GraphBuilder,
    private readonly source: ForwardSource,
  ) {}

  parameter(name: string, dims: readonly number[], kind: ParameterKind, init: Initialiser): Value {
    return this.source.parameter({ name, dims, kind, init });
  }

  /**
   * A convolution of [N, C, H, W] with weights `name.weight` [out, C/groups, k, k].
   */
  conv(name: string, x: Value, out: number, k: number, o: ConvOptions & { bias?: boolean } = {}): Value {
    const [, channels = 1] = this.b.dims(x);
    const parameters = this.#convParameters(name, [out, channels / (o.groups ?? 1), k, k], o);
    return this.b.op('Conv', [x, ...parameters], convAttributes(k, o), { name });
  }

  /** Weight of shape `dims`, and bias where there is one. */
  #convParameters(name: string, dims: readonly number[], o: { bias?: boolean; init?: Initialiser }): Value[] {
    const { bias = false, init = 'kaiming-normal' } = o;
    const [out = 1] = dims;
    const weight = this.parameter(`${name}.weight`, dims, 'weight', init);
    return bias ? [weight, this.parameter(`${name}.bias`, [out], 'bias', 'zeros')] : [weight];
  }

  /** y = x·Wᵀ + b over the last axis of [N, …, in], with weights `name.weight` [out, in]. */
  linear(name: string, x: Value, out: number, init: Initialiser = 'kaiming-uniform'): Value {
    const [, ...rest] = this.b.dims(x);
    const features = rest.pop() ?? 1;
    const weight = this.parameter(`${name}.weight`, [out, features], 'weight', init);
    const bias = this.parameter(`${name}.bias`, [out], 'bias', 'zeros');
    const rows = rest.length === 0 ? x : this.reshape(x, [features]);
    const y = this.b.op('Gemm', [rows, weight, bias], { transB: 1 }, { name });
    return rest.length === 0 ? y : this.reshape(y, [...rest, out]);
  }

  /** A convolution and batch norm; the convolution has no bias unless `bias` says so. */
  convNorm(
    conv: string,
    norm: string,
    x: Value,
    out: number,
    k: number,
    o: ConvOptions & NormOptions & { bias?: boolean } = {},
  ): Value {
    const [, channels = 1] = this.b.dims(x);
    const dims = [out, channels / (o.groups ?? 1), k, k];
    return this.convNormOf(conv, norm, x, dims, convAttributes(k, o), o);
  }

  /** The same with weights of any shape `dims`, [out, C/groups, …], and a window that ONNX's attributes tell. */
  convNormOf(
    conv: string,
    norm: string,
    x: Value,
    dims: readonly number[],
    attributes: Record<string, AttributeInput>,
    o: NormOptions & { bias?: boolean; init?: Initialiser } = {},
  ): Value {
    const { epsilon = 1e-5, momentum = 0.1 } = o;
    const { b } = this;
    const [out = 1] = dims;
    const spec: NormSpec = { name: norm, channels: out, momentum };
    const ofBatch = this.source.usesBatchStatistics(spec);
    const [weight = '', bias] = this.#convParameters(conv, dims, o);
    const foreseen = o.bias !== true && paysToForesee(b.dims(x), out) && isPointwise(b.dims(x), dims, attributes);
    if (this.source.foldsNorms !== true || (ofBatch && !foreseen)) {
      const inputs = bias === undefined ? [x, weight] : [x, weight, bias];
      return this.batchNorm(norm, b.op('Conv', inputs, attributes, { name: conv }), o);
    }
    const gamma = this.parameter(`${norm}.weight`, [out], 'norm', 'ones');
    const beta = this.parameter(`${norm}.bias`, [out], 'norm', 'zeros');
    const { mean, variance } = ofBatch ? this.#foreseenStatistics(x, weight) : this.source.statistics(spec);
    const inverse = b.op('Reciprocal', [b.op('Sqrt', [b.op('Add', [variance, b.scalar(epsilon)])])]);
    if (ofBatch) this.#track(spec, x, { mean, inverse, epsilon });
    const scale = b.op('Mul', [gamma, inverse]);
    const scaled = this.#scaledWeights(weight, scale);
    const centre = bias === undefined ? mean : b.op('Sub', [mean, bias]);
    const shift = b.op('Sub', [beta, b.op('Mul', [centre, scale])]);
    return b.op('Conv', [x, scaled, shift], attributes, { name: conv });
  }

  /**
   * A convolution whose output channels are multiplied and shifted by a norm's parameters without statistics: what a batch norm
   * is that the exporter has folded into the convolution.
   */
  convAffine(
    conv: string,
    norm: string,
    x: Value,
    dims: readonly number[],
    attributes: Record<string, AttributeInput>,
  ): Value {
    const [out = 1] = dims;
    const [weight = ''] = this.#convParameters(conv, dims, {});
    const gamma = this.parameter(`${norm}.weight`, [out], 'norm', 'ones');
    const beta = this.parameter(`${norm}.bias`, [out], 'norm', 'zeros');
    return this.b.op('Conv', [x, this.#scaledWeights(weight, gamma), beta], attributes, { name: conv });
  }

  /** Weights [out, …], each output's multiplied by its scale. */
  #scaledWeights(weight: Value, scale: Value): Value {
    const [out = 1, ...rest] = this.b.dims(weight);
    return this.b.op('Mul', [weight, this.b.op('Reshape', [scale, this.b.integers(out, ...rest.map(() => 1))])]);
  }

  /**
   * Mean and variance that a 1×1 convolution's output will have, from the mean and covariance of its input: W·μ and the
   * diagonal of W·Σ·Wᵀ. The wide output itself need not be swept for them, forward or backward.
   */
  #foreseenStatistics(x: Value, weight: Value): { mean: Value; variance: Value } {
    const { b } = this;
    const [out = 1, channels = 1] = b.dims(weight);
    const [mean = '', covariance = ''] = b.ops('ChannelMoments', 2, [x], {}, { domain: OWN_DOMAIN });
    const matrix = b.op('Reshape', [weight, b.integers(out, channels)]);
    const column = b.op('Reshape', [mean, b.integers(channels, 1)]);
    const spread = b.op('Mul', [b.op('MatMul', [matrix, covariance]), matrix]);
    const variance = b.op('ReduceSum', [spread, b.integers(1)], { keepdims: 0 });
    return {
      mean: b.op('Reshape', [b.op('MatMul', [matrix, column]), b.integers(out)]),
      // Rounding may carry a variance of zero below it.
      variance: b.op('Max', [variance, b.scalar(0)]),
    };
  }

  /** Batch norm over all axes but the channels (Ioffe & Szegedy 2015). */
  batchNorm(name: string, x: Value, o: NormOptions = {}): Value {
    const { epsilon = 1e-5, momentum = 0.1 } = o;
    const [, channels = 1] = this.b.dims(x);
    const norm: NormSpec = { name, channels, momentum };
    const scale = this.parameter(`${name}.weight`, [channels], 'norm', 'ones');
    const shift = this.parameter(`${name}.bias`, [channels], 'norm', 'zeros');
    if (!this.source.usesBatchStatistics(norm)) {
      const { mean, variance } = this.source.statistics(norm);
      return this.b.op('BatchNormalization', [x, scale, shift, mean, variance], { epsilon }, { name });
    }
    const [y = '', mean = '', inverse = ''] = this.b.ops(
      'BatchNormTrain',
      3,
      [x, scale, shift],
      { epsilon },
      { name, domain: OWN_DOMAIN },
    );
    this.#track(norm, x, { mean, inverse, epsilon });
    return y;
  }

  /** Notes the statistics of a batch, for the running ones; `x` has as many values in a channel as the normalised value. */
  #track(norm: NormSpec, x: Value, statistics: Pick<NormUpdate, 'mean' | 'inverse' | 'epsilon'>): void {
    const count = this.b.dims(x).reduce((n, d, i) => (i === 1 ? n : n * d), 1);
    this.normUpdates.push({ norm, ...statistics, count });
  }

  /** Layer norm over the last axis (Ba et al. 2016). */
  layerNorm(name: string, x: Value, epsilon: number): Value {
    const channels = this.b.dims(x).at(-1) ?? 1;
    const scale = this.parameter(`${name}.weight`, [channels], 'norm', 'ones');
    const shift = this.parameter(`${name}.bias`, [channels], 'norm', 'zeros');
    return this.b.op('LayerNormalization', [x, scale, shift], { axis: -1, epsilon }, { name });
  }

  relu(x: Value): Value {
    return this.b.op('Relu', [x]);
  }

  relu6(x: Value): Value {
    return this.b.op('Clip', [x, this.b.scalar(0), this.b.scalar(6)]);
  }

  /** x·σ(x), also called swish (Ramachandran et al. 2017). */
  silu(x: Value): Value {
    return this.b.op('Mul', [x, this.sigmoid(x)]);
  }

  /** x·Φ(x) (Hendrycks & Gimpel 2016), exact. */
  gelu(x: Value): Value {
    return this.b.op('Gelu', [x]);
  }

  sigmoid(x: Value): Value {
    return this.b.op('Sigmoid', [x]);
  }

  /** x·clip(x/6 + ½, 0, 1) (Howard et al. 2019). */
  hardSwish(x: Value): Value {
    return this.b.op('HardSwish', [x]);
  }

  /** clip(x/6 + ½, 0, 1) */
  hardSigmoid(x: Value): Value {
    return this.b.op('HardSigmoid', [x], { alpha: 1 / 6, beta: 0.5 });
  }

  add(x: Value, y: Value): Value {
    return this.b.op('Add', [x, y]);
  }

  mul(x: Value, y: Value): Value {
    return this.b.op('Mul', [x, y]);
  }

  maxPool(x: Value, k: number, o: PoolOptions = {}): Value {
    return this.b.op('MaxPool', [x], poolAttributes(k, o));
  }

  /** Mean of each window; places outside the picture are not counted. */
  averagePool(x: Value, k: number, o: PoolOptions = {}): Value {
    return this.b.op('AveragePool', [x], poolAttributes(k, o));
  }

  /** Mean of each plane: [N, C, H, W] to [N, C]. */
  averagePooled(x: Value): Value {
    return this.flat(this.planeMean(x));
  }

  /** Mean of each plane, kept as a plane: [N, C, H, W] to [N, C, 1, 1]. */
  planeMean(x: Value): Value {
    return this.b.op('GlobalAveragePool', [x]);
  }

  /** Maximum of each plane: [N, C, H, W] to [N, C]. */
  maxPooled(x: Value): Value {
    return this.flat(this.b.op('GlobalMaxPool', [x]));
  }

  /** All axes but the batch joined. */
  flat(x: Value): Value {
    return this.b.op('Flatten', [x], { axis: 1 });
  }

  /** Each picture's values in the shape `dims`, which leaves the batch out: graphs for inference have a batch of any size. */
  reshape(x: Value, dims: readonly number[]): Value {
    return this.b.op('Reshape', [x, this.b.integers(-1, ...dims)]);
  }

  transpose(x: Value, perm: readonly number[]): Value {
    return this.b.op('Transpose', [x], { perm });
  }

  /** Equal parts along an axis. */
  split(x: Value, parts: number, axis: number): Value[] {
    const size = (this.b.dims(x).at(axis) ?? 1) / parts;
    return this.b.ops('Split', parts, [x, this.b.integers(...Array<number>(parts).fill(size))], { axis });
  }

  concat(xs: readonly Value[], axis = 1): Value {
    return this.b.op('Concat', xs, { axis });
  }

  /** Zeroes a share p of the values while training, and scales the rest by 1/(1 − p) (Srivastava et al. 2014). */
  dropout(name: string, x: Value, p: number): Value {
    const mask = p === 0 ? undefined : this.source.dropoutMask(name, p, this.b.dims(x));
    return mask === undefined ? x : this.b.op('Mul', [x, mask]);
  }
}
