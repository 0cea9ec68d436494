import type { AttributeInput } from '../graph/attributes.js';
import type { GraphBuilder } from '../graph/builder.js';
import { OWN_DOMAIN } from '../graph/ops.js';
import type { Value } from '../graph/types.js';

/** How a parameter starts when no pretrained value is given. Sources: He et al. 2015 (Kaiming), Glorot & Bengio 2010 (Xavier). */
export type Initialiser = 'kaiming-normal' | 'kaiming-uniform' | 'xavier-uniform' | 'zeros' | 'ones';

/** Decides weight decay and what stays trainable in a frozen group: `norm` is a normalisation's scale or shift. */
export type ParameterKind = 'weight' | 'bias' | 'norm';

export interface ParameterSpec {
  readonly name: string;
  readonly dims: readonly number[];
  readonly kind: ParameterKind;
  readonly init: Initialiser;
}

/** A batch norm's running statistics, and where a training graph has their new values. */
export interface NormSpec {
  /** The layer's name. */
  readonly name: string;
  readonly channels: number;
  /** Share of the new batch in the running statistics, as PyTorch counts it. */
  readonly momentum: number;
}

/** A batch norm's running statistics as weight files name them. */
export function statisticNames(norm: NormSpec): { readonly mean: string; readonly variance: string } {
  return { mean: `${norm.name}.running_mean`, variance: `${norm.name}.running_var` };
}

export interface NormUpdate {
  readonly norm: NormSpec;
  /** The batch's mean and 1/√(variance + ε), [channels] each; and the number of values a channel has. */
  readonly mean: Value;
  readonly inverse: Value;
  readonly epsilon: number;
  readonly count: number;
}

/** Where a forward pass gets its values from: the tracer, the training step and the exporter each answer in their own way. */
export interface ForwardSource {
  parameter(spec: ParameterSpec): Value;
  /** The running mean and variance of a batch norm. */
  statistics(norm: NormSpec): { mean: Value; variance: Value };
  /** Whether a batch norm takes its statistics from the batch. */
  usesBatchStatistics(norm: NormSpec): boolean;
  /**
   * Whether a batch norm with fixed statistics is multiplied into the weights of the convolution before it, inside the graph:
   * the same function and the same gradients, without its sweeps over memory.
   */
  readonly foldsNorms?: boolean;
  /** A mask to multiply with (0 or 1/(1 − p)), or undefined where dropout is off. */
  dropoutMask(name: string, p: number, dims: readonly number[]): Value | undefined;
}

export interface ConvOptions {
  readonly stride?: number;
  readonly groups?: number;
  readonly dilation?: number;
  /** Padding on every side, or 'same' as TensorFlow pads (more after than before). Default: what keeps the size at stride 1. */
  readonly pad?: number | 'same';
}

export interface NormOptions {
  /** Default 1e-5. */
  readonly epsilon?: number;
  /** Share of the new batch in the running statistics. Default 0.1. */
  readonly momentum?: number;
}

function convAttributes(k: number, o: ConvOptions): Record<string, AttributeInput> {
  const { stride = 1, groups = 1, dilation = 1 } = o;
  const pad = o.pad ?? (dilation * (k - 1)) / 2;
  return {
    kernel_shape: [k, k],
    strides: [stride, stride],
    dilations: [dilation, dilation],
    group: groups,
    ...(pad === 'same' ? { auto_pad: 'SAME_UPPER' } : { pads: [pad, pad, pad, pad] }),
  };
}

/**
 * A 1×1 convolution with at least this many output channels for each input channel gets its batch norm from its input's
 * moments: their product costs less than the sweeps over the output that it saves.
 */
const FORESEE_FROM = 3;

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
    const { groups = 1, bias = false } = o;
    const [, channels = 1] = this.b.dims(x);
    const inputs = [x, this.parameter(`${name}.weight`, [out, channels / groups, k, k], 'weight', 'kaiming-normal')];
    if (bias) inputs.push(this.parameter(`${name}.bias`, [out], 'bias', 'zeros'));
    return this.b.op('Conv', inputs, convAttributes(k, o), { name });
  }

  /** y = x·Wᵀ + b for [N, in] with weights `name.weight` [out, in]. */
  linear(name: string, x: Value, out: number, init: Initialiser = 'kaiming-uniform'): Value {
    const [, features = 1] = this.b.dims(x);
    const weight = this.parameter(`${name}.weight`, [out, features], 'weight', init);
    const bias = this.parameter(`${name}.bias`, [out], 'bias', 'zeros');
    return this.b.op('Gemm', [x, weight, bias], { transB: 1 }, { name });
  }

  /** A convolution without bias, and batch norm. */
  convNorm(conv: string, norm: string, x: Value, out: number, k: number, o: ConvOptions & NormOptions = {}): Value {
    const { epsilon = 1e-5, momentum = 0.1 } = o;
    const spec: NormSpec = { name: norm, channels: out, momentum };
    const { b } = this;
    const [, channels = 1] = b.dims(x);
    const ofBatch = this.source.usesBatchStatistics(spec);
    const foreseen = k === 1 && (o.groups ?? 1) === 1 && (o.stride ?? 1) === 1 && out >= FORESEE_FROM * channels;
    if (this.source.foldsNorms !== true || (ofBatch && !foreseen)) {
      return this.batchNorm(norm, this.conv(conv, x, out, k, o), o);
    }
    const weight = this.parameter(
      `${conv}.weight`,
      [out, channels / (o.groups ?? 1), k, k],
      'weight',
      'kaiming-normal',
    );
    const gamma = this.parameter(`${norm}.weight`, [out], 'norm', 'ones');
    const beta = this.parameter(`${norm}.bias`, [out], 'norm', 'zeros');
    const { mean, variance } = ofBatch ? this.foreseenStatistics(x, weight) : this.source.statistics(spec);
    const inverse = b.op('Reciprocal', [b.op('Sqrt', [b.op('Add', [variance, b.scalar(epsilon)])])]);
    if (ofBatch) {
      const count = b.dims(x).reduce((n, d, i) => (i === 1 ? n : n * d), 1);
      this.normUpdates.push({ norm: spec, mean, inverse, epsilon, count });
    }
    const scale = b.op('Mul', [gamma, inverse]);
    const scaled = b.op('Mul', [weight, b.op('Reshape', [scale, b.integers(out, 1, 1, 1)])]);
    const bias = b.op('Sub', [beta, b.op('Mul', [mean, scale])]);
    return b.op('Conv', [x, scaled, bias], convAttributes(k, o), { name: conv });
  }

  /**
   * Mean and variance that a 1×1 convolution's output will have, from the mean and covariance of its input: W·μ and the
   * diagonal of W·Σ·Wᵀ. The wide output itself need not be swept for them, forward or backward.
   */
  private foreseenStatistics(x: Value, weight: Value): { mean: Value; variance: Value } {
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
    const dims = this.b.dims(x);
    const [, channels = 1] = dims;
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
    const count = dims.reduce((n, d, i) => (i === 1 ? n : n * d), 1);
    this.normUpdates.push({ norm, mean, inverse, epsilon, count });
    return y;
  }

  relu(x: Value): Value {
    return this.b.op('Relu', [x]);
  }

  relu6(x: Value): Value {
    return this.b.op('Clip', [x, this.b.scalar(0), this.b.scalar(6)]);
  }

  add(x: Value, y: Value): Value {
    return this.b.op('Add', [x, y]);
  }

  maxPool(x: Value, k: number, stride: number, pad = 0): Value {
    return this.b.op('MaxPool', [x], { kernel_shape: [k, k], strides: [stride, stride], pads: [pad, pad, pad, pad] });
  }

  /** Mean of each plane: [N, C, H, W] to [N, C]. */
  averagePooled(x: Value): Value {
    return this.b.op('Flatten', [this.b.op('GlobalAveragePool', [x])], { axis: 1 });
  }

  /** Maximum of each plane: [N, C, H, W] to [N, C]. */
  maxPooled(x: Value): Value {
    return this.b.op('Flatten', [this.b.op('GlobalMaxPool', [x])], { axis: 1 });
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
