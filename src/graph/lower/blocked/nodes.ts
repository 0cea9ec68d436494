import type { GraphBuilder } from '../../builder.js';
import { NCHWC_DOMAIN } from '../../ops.js';
import { at } from '../../shapes/index.js';
import { extent } from '../../shapes/window.js';
import { type Attribute, sizeOf, type Value } from '../../types.js';
import type { FollowingActivation } from './rule.js';

export interface BlockedWindow {
  readonly kernel: readonly number[];
  readonly strides?: readonly number[];
  readonly dilations?: readonly number[];
  readonly begin?: readonly number[];
  readonly end?: readonly number[];
  readonly group: number;
}

export interface BlockedExtras {
  readonly bias?: Value;
  /** Added to the result. */
  readonly sum?: Value;
  readonly activation?: Pick<FollowingActivation, 'activation' | 'params'>;
}

/** ONNX Runtime's blocked convolution; its weights must be blocked already. */
export function blockedConv(
  b: GraphBuilder,
  x: Value,
  w: Value,
  window: BlockedWindow,
  extras: BlockedExtras = {},
): Value {
  const { kernel, strides = [1, 1], dilations = [1, 1], begin = [0, 0], end = [0, 0], group } = window;
  const [n = 1, , ...input] = b.dims(x);
  const output = input.map((size, i) => {
    const reach = extent(at(kernel, i), at(dilations, i));
    return Math.floor((size + at(begin, i) + at(end, i) - reach) / at(strides, i)) + 1;
  });
  const attributes: Record<string, Attribute> = {
    kernel_shape: { kind: 'ints', value: kernel },
    strides: { kind: 'ints', value: strides },
    dilations: { kind: 'ints', value: dilations },
    pads: { kind: 'ints', value: [...begin, ...end] },
    group: { kind: 'int', value: group },
  };
  if (extras.activation !== undefined) {
    attributes.activation = { kind: 'string', value: extras.activation.activation };
    if (extras.activation.params.length > 0) {
      attributes.activation_params = { kind: 'floats', value: extras.activation.params };
    }
  }
  const inputs = [x, w];
  if (extras.bias !== undefined || extras.sum !== undefined) inputs.push(extras.bias ?? '');
  if (extras.sum !== undefined) inputs.push(extras.sum);
  const name = b.unique('BlockedConv');
  b.appendTyped({ op: 'Conv', domain: NCHWC_DOMAIN, name, inputs, outputs: [`${name}:y`], attributes }, [
    { dtype: 'float32', dims: [n, at(b.dims(w), 0), ...output] },
  ]);
  return `${name}:y`;
}

/** Per-channel a·x + c (+ sum), with an activation: a depthwise 1×1 convolution, one sweep over memory. */
export function blockedAffine(b: GraphBuilder, x: Value, scale: Value, extras: BlockedExtras = {}): Value {
  const channels = at(b.dims(x), 1);
  const w = b.op('Reshape', [scale, b.integers(channels, 1, 1, 1)]);
  return blockedConv(b, x, w, { kernel: [1, 1], group: channels }, extras);
}

/** Global pooling: [N, C], whose order is the same in both layouts. */
export function blockedGlobalPool(b: GraphBuilder, op: 'GlobalAveragePool' | 'GlobalMaxPool', x: Value): Value {
  const [n = 1, channels = 1] = b.dims(x);
  const name = b.unique(`Blocked${op}`);
  b.appendTyped({ op, domain: NCHWC_DOMAIN, name, inputs: [x], outputs: [`${name}:y`], attributes: {} }, [
    { dtype: 'float32', dims: [n, channels, 1, 1] },
  ]);
  return `${name}:y`;
}

/**
 * Σ x·y over each plane, [N, C]: x as a picture of N·C channels and y as the weights of a depthwise convolution that covers
 * it whole. Nothing but the sums is written.
 */
export function blockedPlaneDot(b: GraphBuilder, x: Value, y: Value): Value {
  const [n = 1, channels = 1, ...plane] = b.dims(x);
  const picture = b.op('Reshape', [x, b.integers(1, n * channels, ...plane)]);
  const kernel = b.op('Reshape', [y, b.integers(n * channels, 1, ...plane)]);
  const sums = blockedConv(b, picture, kernel, { kernel: plane, group: n * channels });
  return b.op('Reshape', [sums, b.integers(n, channels)]);
}

/** Weights [C, 1, k, k] of a depthwise convolution as [C/block, k, k, block]; the declared shape stays. */
export function blockDepthwiseWeights(b: GraphBuilder, w: Value, block: number): Value {
  const dims = b.dims(w);
  const [channels = 1, , ...kernel] = dims;
  if (sizeOf(kernel) === 1) return w;
  const split = b.op('Reshape', [w, b.integers(channels / block, block, ...kernel)]);
  return b.op('Reshape', [b.op('Transpose', [split], { perm: [0, 2, 3, 1] }), b.integers(...dims)]);
}

/**
 * Weights [O, I, k, k] as [O/block, I/block, k, k, block of I, block of O], or as [O/block, I, k, k, block of O] where the
 * input has fewer channels than a block and stays plain. The declared shape stays.
 */
export function blockWeights(b: GraphBuilder, w: Value, block: number): Value {
  const dims = b.dims(w);
  const [o = 1, i = 1, ...kernel] = dims;
  if (i < block) {
    const split = b.op('Reshape', [w, b.integers(o / block, block, i, ...kernel)]);
    return b.op('Reshape', [b.op('Transpose', [split], { perm: [0, 2, 3, 4, 1] }), b.integers(...dims)]);
  }
  if (sizeOf(kernel) === 1) {
    // One axis moves, which is the fast case of Transpose.
    const split = b.op('Reshape', [w, b.integers(o / block, block, i)]);
    return b.op('Reshape', [b.op('Transpose', [split], { perm: [0, 2, 1] }), b.integers(...dims)]);
  }
  const split = b.op('Reshape', [w, b.integers(o / block, block, i / block, block, ...kernel)]);
  return b.op('Reshape', [b.op('Transpose', [split], { perm: [0, 2, 4, 5, 3, 1] }), b.integers(...dims)]);
}

/** Repeats each element `sh` times down and `sw` times across: [N, C, H·sh, W·sw]. */
export function blockedUpsample(b: GraphBuilder, x: Value, sh: number, sw: number): Value {
  const [n = 1, channels = 1, h = 1, w = 1] = b.dims(x);
  const name = b.unique('BlockedUpsample');
  const attributes: Record<string, Attribute> = {
    scales: { kind: 'ints', value: [1, 1, sh, sw] },
    mode: { kind: 'string', value: 'nearest' },
  };
  b.appendTyped({ op: 'Upsample', domain: NCHWC_DOMAIN, name, inputs: [x], outputs: [`${name}:y`], attributes }, [
    { dtype: 'float32', dims: [n, channels, h * sh, w * sw] },
  ]);
  return `${name}:y`;
}

/** From the blocked layout to [N, H, W, C]. */
export function channelsLast(b: GraphBuilder, x: Value): Value {
  const [n = 1, channels = 1, ...plane] = b.dims(x);
  const name = b.unique('ChannelsLast');
  const attributes: Record<string, Attribute> = {
    channels: { kind: 'int', value: channels },
    channels_last: { kind: 'int', value: 1 },
  };
  b.appendTyped({ op: 'ReorderOutput', domain: NCHWC_DOMAIN, name, inputs: [x], outputs: [`${name}:y`], attributes }, [
    { dtype: 'float32', dims: [n, ...plane, channels] },
  ]);
  return `${name}:y`;
}
