import type { GraphBuilder } from '../../builder.js';
import { type GradWindow, gradWindow } from '../../grad-window.js';
import { at } from '../../shapes/index.js';
import { sizeOf, type Value } from '../../types.js';
import { zeroBiasAfter } from '../after.js';
import { flippedWeights } from '../conv-plain.js';
import { blockedChannels } from '../layouts.js';
import { all, isPointwise, transposedPads } from '../window-attributes.js';
import { blockedConv, isDepthwise } from './nodes.js';
import type { BlockedContext, BlockedRule } from './rule.js';
import { blockDepthwiseWeights, blockTransposedWeights, padded, partOfTransposed, transposedByTap } from './weights.js';
import { inputGradInTiles, tilingOf } from './winograd.js';

/** dx as convolutions of dy with the transposed weights. */
export const convInputGrad: BlockedRule = (c) => {
  const w = gradWindow(c.node);
  const channels = blockedChannels(at(w.shape, 1), c.block);
  if (w.kernel.length !== 2 || channels === undefined || !c.canBlock(0)) return undefined;
  const tiling = tilingOf(w, w.shape, at(c.dims(1), 0), c.block);
  let dx: Value | undefined;
  if (tiling !== undefined) dx = inputGradInTiles(c, tiling);
  else if (isDepthwise(w.group, c.dims(1))) dx = depthwise(c, w, channels);
  else if (w.group !== 1) return undefined;
  else if (all(w.strides, 1)) dx = dense(c, w, channels);
  else dx = isPointwise(w) ? pointwiseStrided(c, w, channels) : stridedInPhases(c, w, channels);
  return dx === undefined ? undefined : { outputs: [{ blocked: dx, channels: at(w.shape, 1) }] };
};

/** The weights of a dense convolution [O, I, k, k] with zeros for the channels that fill up blocks. */
function paddedWeights(c: BlockedContext, channels: number): Value {
  return padded(c.b, c.plain(1), [at(c.b.dims(c.blocked(0)), 1), channels]);
}

/** See `zeroBiasAfter`. */
function biasAfter(c: BlockedContext, channels: number): { bias?: Value } {
  const after = c.node.inputs.slice(2).map((_, i) => c.plain(i + 2));
  const bias = zeroBiasAfter(c.b, after, channels);
  return bias === undefined ? {} : { bias };
}

function dense(c: BlockedContext, w: GradWindow, channels: number): Value | undefined {
  const pads = transposedPads(w, c.dims(0).slice(2));
  if (pads === undefined) return undefined;
  const weights = blockTransposedWeights(c.b, paddedWeights(c, channels), c.block);
  const window = { kernel: w.kernel, dilations: w.dilations, ...pads, group: 1 };
  return blockedConv(c.b, c.blocked(0), weights, window, biasAfter(c, channels));
}

/** With strides, dy is spread with zeros first: they cost a depthwise convolution little. */
function depthwise(c: BlockedContext, w: GradWindow, channels: number): Value | undefined {
  const spread = c
    .dims(0)
    .slice(2)
    .map((size, i) => size * at(w.strides, i));
  const pads = transposedPads(w, spread);
  if (pads === undefined) return undefined;
  const weights = blockDepthwiseWeights(
    c.b,
    padded(c.b, flippedWeights(c.b, c.plain(1), w.group), [channels]),
    c.block,
  );
  const window = { kernel: w.kernel, dilations: w.dilations, ...pads, group: channels };
  const dy = spreadWithZeros(c.b, c.blocked(0), w.strides, c.block);
  return blockedConv(c.b, dy, weights, window, biasAfter(c, channels));
}

/** A 1×1 convolution with strides sees every so many elements: what it did not see gets zeros. */
function pointwiseStrided(c: BlockedContext, w: GradWindow, channels: number): Value | undefined {
  const output = c.dims(0).slice(2);
  if (output.some((size, i) => size * at(w.strides, i) !== at(w.shape, i + 2))) return undefined;
  const weights = blockTransposedWeights(c.b, paddedWeights(c, channels), c.block);
  const seen = blockedConv(c.b, c.blocked(0), weights, { kernel: [1, 1], group: 1 }, biasAfter(c, channels));
  return spreadWithZeros(c.b, seen, w.strides, c.block);
}

/** Elements r, r + stride, … of one axis of dx: which taps meet them, and with which padding of dy. */
interface Phase {
  /** Flipped, as a convolution reads them. */
  readonly taps: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function phaseOf(w: GradWindow, axis: number, r: number, outputSize: number): Phase {
  const stride = at(w.strides, axis);
  const first = (r + at(w.begin, axis)) % stride;
  const shift = (r + at(w.begin, axis) - first) / stride;
  const taps: number[] = [];
  for (let k = first; k < at(w.kernel, axis); k += stride) taps.unshift(k);
  const size = at(w.shape, axis + 2) / stride;
  return { taps, begin: taps.length - 1 - shift, end: size + shift - outputSize };
}

/**
 * With strides s, dx has s·s phases, each a small dense convolution of dy with every s-th tap: no product with a zero is
 * computed (ConvTranspose reached a quarter of this speed). The phases are then interleaved, columns first.
 */
function stridedInPhases(c: BlockedContext, w: GradWindow, channels: number): Value | undefined {
  const { b, block } = c;
  const output = c.dims(0).slice(2);
  const [, , height = 1, width = 1] = w.shape;
  const [sh = 1, sw = 1] = w.strides;
  if (!all(w.dilations, 1) || height % sh !== 0 || width % sw !== 0) return undefined;
  const along = (axis: number) =>
    Array.from({ length: at(w.strides, axis) }, (_, r) => phaseOf(w, axis, r, at(output, axis)));
  const [rows, columns] = [along(0), along(1)];
  if ([...rows, ...columns].some((p) => p.taps.length === 0 || p.begin < 0 || p.end < 0)) return undefined;
  const bias = biasAfter(c, channels);
  const [n = 1, o = 1] = b.dims(c.blocked(0));
  const byTap = transposedByTap(b, paddedWeights(c, channels), block);
  const part = (row: Phase, column: Phase): Value => {
    const taps = row.taps.flatMap((y) => column.taps.map((x) => y * at(w.kernel, 1) + x));
    const kernel = [row.taps.length, column.taps.length];
    const weights = partOfTransposed(b, byTap, [channels, o, ...kernel], taps);
    const pads = { begin: [row.begin, column.begin], end: [row.end, column.end] };
    return blockedConv(b, c.blocked(0), weights, { kernel, ...pads, group: 1 }, bias);
  };
  // Elements of neighbouring columns, then whole rows, take turns.
  const interleaved = (parts: readonly Value[], run: number): Value => {
    const flat = parts.map((p) => b.op('Reshape', [p, b.integers(sizeOf(b.dims(p)) / run, run)]));
    return flat.length === 1 ? (flat[0] ?? '') : b.op('Concat', flat, { axis: 1 });
  };
  const wholeRows = rows.map((row) =>
    interleaved(
      columns.map((column) => part(row, column)),
      block,
    ),
  );
  return b.op('Reshape', [interleaved(wholeRows, width * block), b.integers(n, channels, height, width)]);
}

/**
 * Puts stride − 1 zeros after each row and column, in the blocked layout: [N, C, H, W] to [N, C, H·sh, W·sw]. A row of zeros is padding along
 * columns, and so is a column of zeros along blocks.
 */
function spreadWithZeros(b: GraphBuilder, x: Value, [sh = 1, sw = 1]: readonly number[], block: number): Value {
  if (sh === 1 && sw === 1) return x;
  const [n = 1, channels = 1, h = 1, w = 1] = b.dims(x);
  const rows = b.op('Reshape', [x, b.integers(((n * channels) / block) * h, w, block)]);
  const spread = b.op('Pad', [rows, b.integers(0, 0, 0, 0, (sh - 1) * w, (sw - 1) * block)]);
  return b.op('Reshape', [spread, b.integers(n, channels, h * sh, w * sw)]);
}
