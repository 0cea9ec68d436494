import type { GraphBuilder } from '../../builder.js';
import { at } from '../../shapes/index.js';
import { windowOf } from '../../shapes/window.js';
import { float32, sizeOf, type Value } from '../../types.js';
import { flippedWeights, JOIN_BELOW, pointwiseWeightGrad as pointwiseWeightGradPlain, trimmed } from '../conv-plain.js';
import { all, type GradWindow, gradWindow, isPointwise, transposedPads } from '../window-attributes.js';
import {
  blockDepthwiseWeights,
  blockedConv,
  blockedPlanesConv,
  blockedUpsample,
  blockWeights,
  channelsLast,
} from './nodes.js';
import type { BlockedContext, BlockedRule } from './rule.js';

const isDepthwise = (group: number, weights: readonly number[]) =>
  group > 1 && at(weights, 0) === group && at(weights, 1) === 1;

export const conv: BlockedRule = (c) => {
  const { b, block } = c;
  const weights = c.dims(1);
  const [o = 1, i = 1, ...kernel] = weights;
  if (kernel.length !== 2 || o % block !== 0) return undefined;
  const window = windowOf(c.node, c.dims(0).slice(2), kernel);
  const depthwise = isDepthwise(window.group, weights);
  if (window.group !== 1 && !depthwise) return undefined;
  // A picture's three channels are read from the plain layout.
  const fromPlain = !depthwise && i < block;
  if (!fromPlain && !c.canBlock(0)) return undefined;
  const w = c.plain(1);
  const y = blockedConv(
    b,
    fromPlain ? c.plain(0) : c.blocked(0),
    depthwise ? blockDepthwiseWeights(b, w, block) : blockWeights(b, w, block),
    window,
    {
      ...(c.has(2) ? { bias: c.plain(2) } : {}),
      ...(c.following === undefined ? {} : { activation: c.following }),
    },
  );
  return { outputs: [{ blocked: y }], tookActivation: c.following !== undefined };
};

export const convInputGrad: BlockedRule = (c) => {
  const { b, block } = c;
  const w = gradWindow(c.node);
  const weights = c.dims(1);
  const depthwise = isDepthwise(w.group, weights);
  if (w.kernel.length !== 2 || at(w.shape, 1) % block !== 0 || !c.canBlock(0)) return undefined;
  if (w.group !== 1 && !depthwise) return undefined;
  const [sh = 1, sw = 1] = w.strides;
  // Zeros between the elements of dy cost a dense convolution too much.
  if ((sh > 1 || sw > 1) && !depthwise) return undefined;
  const [, , oh = 1, ow = 1] = c.dims(0);
  const pads = transposedPads(w, [oh * sh, ow * sw]);
  if (pads === undefined) return undefined;
  const dy = sh > 1 || sw > 1 ? upsampled(b, c.blocked(0), [sh, sw], block) : c.blocked(0);
  const dx = blockedConv(b, dy, transposedWeights(b, c.plain(1), w, depthwise, block), {
    kernel: w.kernel,
    dilations: w.dilations,
    ...pads,
    group: w.group,
  });
  return { outputs: [{ blocked: dx }] };
};

/** The weights of the convolution that takes dy to dx, blocked. */
function transposedWeights(b: GraphBuilder, w: Value, window: GradWindow, depthwise: boolean, block: number): Value {
  const [o = 1, i = 1, ...kernel] = b.dims(w);
  if (depthwise) return blockDepthwiseWeights(b, flippedWeights(b, w, window.group), block);
  if (sizeOf(kernel) > 1 || o < block) return blockWeights(b, flippedWeights(b, w, window.group), block);
  // [O, I] as [I/block, O, block of I] is what blocking Wᵀ gives: one transpose of whole rows.
  const split = b.op('Reshape', [w, b.integers(o, i / block, block)]);
  return b.op('Reshape', [b.op('Transpose', [split], { perm: [1, 0, 2] }), b.integers(i, o, ...kernel)]);
}

/**
 * Puts stride − 1 zeros after each row and column, in the blocked layout: [N, C, H, W] to [N, C, H·sh, W·sw]. Repeating
 * each element and masking is several times faster than padding (measured).
 */
function upsampled(b: GraphBuilder, x: Value, [sh = 1, sw = 1]: readonly number[], block: number): Value {
  const [n = 1, channels = 1, h = 1, w = 1] = b.dims(x);
  const repeated = blockedUpsample(b, x, sh, sw);
  const mask = new Float32Array(h * sh * w * sw * block);
  for (let i = 0; i < h; i++) {
    for (let j = 0; j < w; j++) {
      const at = (i * sh * w * sw + j * sw) * block;
      mask.fill(1, at, at + block);
    }
  }
  const rows = b.op('Reshape', [repeated, b.integers((n * channels) / block, mask.length)]);
  const masked = b.op('Mul', [rows, b.constant(float32([1, mask.length], mask))]);
  return b.op('Reshape', [masked, b.integers(n, channels, h * sh, w * sw)]);
}

/**
 * dW[o, i] = Σ over pictures and places. Large planes multiply picture by picture; small ones as one product of matrices
 * with channels last, which the blocked layout gives in one sweep.
 */
function pointwiseWeightGrad(c: BlockedContext, w: GradWindow): Value {
  const { b } = c;
  if (sizeOf(c.dims(0).slice(2)) >= JOIN_BELOW) return pointwiseWeightGradPlain(b, c.plain(0), c.plain(1), w);
  const rows = (i: number) => {
    const [n = 1, channels = 1, ...plane] = c.dims(i);
    return b.op('Reshape', [channelsLast(b, c.blocked(i)), b.integers(n * sizeOf(plane), channels)]);
  };
  return b.op('Reshape', [b.op('Gemm', [rows(0), rows(1)], { transA: 1 }), b.integers(...w.shape)]);
}

/**
 * The weights' gradient of a depthwise convolution is itself one: each picture's channels are channels of one large picture,
 * dy is the kernel, strides and dilations change places.
 */
export const convWeightGrad: BlockedRule = (c) => {
  const { b, block } = c;
  const w = gradWindow(c.node);
  if (!c.canBlock(0) || !c.canBlock(1)) return undefined;
  if (isPointwise(w) && all(w.strides, 1) && (c.isBlocked(0) || c.isBlocked(1))) {
    return { outputs: [{ plain: pointwiseWeightGrad(c, w) }] };
  }
  if (!isDepthwise(w.group, w.shape)) return undefined;
  const [n = 1, channels = 1] = c.dims(0);
  const y = blockedPlanesConv(b, c.blocked(1), c.blocked(0), {
    strides: w.dilations,
    dilations: w.strides,
    begin: w.begin,
    end: w.end,
  });
  const [, , kh = 1, kw = 1] = b.dims(y);
  const each = b.op('Reshape', [y, b.integers(n, sizeOf([channels, kh, kw]))]);
  const sum = b.op('ReduceSum', [each, b.integers(0)], { keepdims: 0 });
  const blocks = b.op('Reshape', [sum, b.integers(channels / block, kh, kw, block)]);
  const ordered = b.op('Transpose', [blocks], { perm: [0, 3, 1, 2] });
  const plain = trimmed(b, b.op('Reshape', [ordered, b.integers(channels, 1, kh, kw)]), w.kernel);
  return { outputs: [{ plain }] };
};
