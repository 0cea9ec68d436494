import type { AttributeInput } from '../../attributes.js';
import type { GraphBuilder } from '../../builder.js';
import { NCHWC_DOMAIN } from '../../ops.js';
import { at } from '../../shapes/index.js';
import { extent, type Window } from '../../shapes/window.js';
import type { Value } from '../../types.js';
import type { FollowingActivation } from './rule.js';

/** How a kernel goes over its input. Strides and dilations are 1 and padding is 0 unless given. */
type Placement = Partial<Pick<Window, 'strides' | 'dilations' | 'begin' | 'end'>>;

export type BlockedWindow = Pick<Window, 'kernel' | 'group'> & Placement;

export interface BlockedExtras {
  readonly bias?: Value;
  /** Added to the result. */
  readonly sum?: Value;
  readonly activation?: {
    readonly activation: FollowingActivation['activation'] | 'HardSigmoid';
    readonly params: readonly number[];
  };
}

/** Whether every channel is convolved with a kernel of its own. */
export function isDepthwise(group: number, weights: readonly number[]): boolean {
  return group > 1 && at(weights, 0) === group && at(weights, 1) === 1;
}

/** A node of ONNX Runtime's blocked operators. */
export function blockedOp(
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

/** Repeats each element `sh` times down and `sw` times across: [N, C, H·sh, W·sw]. */
export function blockedUpsample(b: GraphBuilder, x: Value, sh: number, sw: number): Value {
  const [n = 1, channels = 1, h = 1, w = 1] = b.dims(x);
  const attributes = { scales: [1, 1, sh, sw], mode: 'nearest' };
  return blockedOp(b, 'Upsample', [x], [n, channels, h * sh, w * sw], attributes);
}
