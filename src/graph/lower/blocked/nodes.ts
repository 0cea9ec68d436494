import type { AttributeInput } from '../../attributes.js';
import type { GraphBuilder } from '../../builder.js';
import { NCHWC_DOMAIN } from '../../ops.js';
import { at } from '../../shapes/index.js';
import { extent, type Window } from '../../shapes/window.js';
import { sizeOf, type Value } from '../../types.js';
import type { FollowingActivation } from './rule.js';

/** How a kernel goes over its input. Strides and dilations are 1 and padding is 0 unless given. */
type Placement = Partial<Pick<Window, 'strides' | 'dilations' | 'begin' | 'end'>>;

export type BlockedWindow = Pick<Window, 'kernel' | 'group'> & Placement;

export interface BlockedExtras {
  readonly bias?: Value;
  /** Added to the result. */
  readonly sum?: Value;
  readonly activation?: Pick<FollowingActivation, 'activation' | 'params'>;
}

/** A node of ONNX Runtime's blocked operators. */
function blockedOp(
  b: GraphBuilder,
  op: string,
  inputs: readonly Value[],
  dims: readonly number[],
  attributes: Readonly<Record<string, AttributeInput>> = {},
): Value {
  return b.typedOp(op, inputs, { dtype: 'float32', dims }, attributes, { domain: NCHWC_DOMAIN, name: `Blocked${op}` });
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
  const attributes: Record<string, AttributeInput> = {
    kernel_shape: kernel,
    strides,
    dilations,
    pads: [...begin, ...end],
    group,
  };
  if (extras.activation !== undefined) {
    attributes.activation = extras.activation.activation;
    if (extras.activation.params.length > 0) attributes.activation_params = extras.activation.params;
  }
  const inputs = [x, w];
  if (extras.bias !== undefined || extras.sum !== undefined) inputs.push(extras.bias ?? '');
  if (extras.sum !== undefined) inputs.push(extras.sum);
  return blockedOp(b, 'Conv', inputs, [n, at(b.dims(w), 0), ...output], attributes);
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
  return blockedOp(b, op, [x], [n, channels, 1, 1]);
}

/**
 * Each plane of x, [N, C, …], convolved with the plane of y at the same place: [1, N·C, …]. All pictures' channels are
 * channels of one large picture, and y is the weights of a depthwise convolution.
 */
export function blockedPlanesConv(b: GraphBuilder, x: Value, y: Value, placement: Placement = {}): Value {
  const [n = 1, channels = 1, ...kernel] = b.dims(y);
  const group = n * channels;
  const picture = b.op('Reshape', [x, b.integers(1, group, ...b.dims(x).slice(2))]);
  const weights = b.op('Reshape', [y, b.integers(group, 1, ...kernel)]);
  return blockedConv(b, picture, weights, { kernel, group, ...placement });
}

/** Σ x·y over each plane, [N, C]: nothing but the sums is written. */
export function blockedPlaneDot(b: GraphBuilder, x: Value, y: Value): Value {
  const [n = 1, channels = 1] = b.dims(x);
  return b.op('Reshape', [blockedPlanesConv(b, x, y), b.integers(n, channels)]);
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
  const attributes = { scales: [1, 1, sh, sw], mode: 'nearest' };
  return blockedOp(b, 'Upsample', [x], [n, channels, h * sh, w * sw], attributes);
}

/** From the blocked layout to [N, H, W, C]. */
export function channelsLast(b: GraphBuilder, x: Value): Value {
  const [n = 1, channels = 1, ...plane] = b.dims(x);
  const type = { dtype: 'float32', dims: [n, ...plane, channels] } as const;
  const attributes = { channels, channels_last: 1 };
  return b.typedOp('ReorderOutput', [x], type, attributes, { domain: NCHWC_DOMAIN, name: 'ChannelsLast' });
}
