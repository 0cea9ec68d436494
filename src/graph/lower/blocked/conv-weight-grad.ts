import type { GraphBuilder } from '../../builder.js';
import { type GradWindow, gradWindow } from '../../grad-window.js';
import { at } from '../../shapes/index.js';
import { extent } from '../../shapes/window.js';
import { float32, sizeOf, type Value } from '../../types.js';
import { strided, trimmed } from '../conv-plain.js';
import { all, isPointwise } from '../window-attributes.js';
import { blockedConv, blockedOp, blockedPlanesConv, isDepthwise } from './nodes.js';
import { movedRows } from './rows.js';
import type { BlockedContext, BlockedRule } from './rule.js';
import { unpadded } from './weights.js';
import { tilingOf, weightGradInTiles } from './winograd.js';

export const convWeightGrad: BlockedRule = (c) => {
  const w = gradWindow(c.node);
  if (w.kernel.length !== 2 || !c.canBlock(0)) return undefined;
  const tiling = c.canBlock(1) ? tilingOf(w, c.dims(1), at(c.dims(0), 1), c.block) : undefined;
  let dw: Value | undefined;
  if (tiling !== undefined) dw = weightGradInTiles(c, tiling);
  else if (isPointwise(w)) dw = pointwise(c, w);
  else if (isDepthwise(w.group, w.shape)) dw = depthwise(c, w);
  else if (w.group === 1) dw = dense(c, w);
  return dw === undefined ? undefined : { outputs: [{ plain: dw }] };
};

/**
 * The weights' gradient of a depthwise convolution is itself one: each picture's channels are channels of one large picture,
 * dy is the kernel, strides and dilations change places.
 */
function depthwise(c: BlockedContext, w: GradWindow): Value | undefined {
  if (!c.canBlock(1)) return undefined;
  const { b, block } = c;
  const [n = 1, channels = 1] = b.dims(c.blocked(0));
  // No more padding than the kernel's taps reach: what lies beyond would be computed for nothing.
  const end = w.end.map((pad, a) => {
    const taps = at(c.dims(1), a + 2) + at(w.begin, a) + pad - extent(at(c.dims(0), a + 2), at(w.strides, a)) + 1;
    const beyond = Math.ceil(taps / at(w.dilations, a)) - at(w.kernel, a);
    return Math.max(0, pad - Math.max(0, beyond) * at(w.dilations, a));
  });
  const y = blockedPlanesConv(b, c.blocked(1), c.blocked(0), {
    strides: w.dilations,
    dilations: w.strides,
    begin: w.begin,
    end,
  });
  const [, , kh = 1, kw = 1] = b.dims(y);
  const each = b.op('Reshape', [y, b.integers(n, sizeOf([channels, kh, kw]))]);
  const sum = b.op('ReduceSum', [each, b.integers(0)], { keepdims: 0 });
  const blocks = b.op('Reshape', [sum, b.integers(channels / block, kh, kw, block)]);
  const ordered = b.op('Transpose', [blocks], { perm: [0, 3, 1, 2] });
  const whole = b.op('Reshape', [ordered, b.integers(channels, 1, kh, kw)]);
  return trimmed(b, unpadded(b, whole, [at(w.shape, 0)]), w.kernel);
}

/**
 * The weights' gradient of a dense convolution as a convolution: pictures and channels change places, dy is the kernel,
 * strides and dilations change places. Its output is only as large as the kernel was, and padding is written out, since
 * ONNX Runtime computes windows that reach into padding one at a time.
 */
function dense(c: BlockedContext, w: GradWindow): Value | undefined {
  const { b, block } = c;
  const [n = 1, , ...output] = c.dims(0);
  const [, i = 1, ...input] = c.dims(1);
  if (n % block !== 0) return undefined;
  const o = at(b.dims(c.blocked(0)), 1);
  const plane = sizeOf(output);
  // dy as weights: [O/block, N/block, places, block of N, block of O], whole rows moved.
  const placed = movedRows(b, c.blocked(0), [n / block, block, o / block, plane, block], [2, 0, 3, 1, 4]);
  const kernel = b.op('Reshape', [placed, b.integers(o, n, ...output)]);
  const swapped = b.op('Reshape', [
    movedRows(b, c.plain(1), [n, i, sizeOf(input)], [1, 0, 2]),
    b.integers(i, n, ...input),
  ]);
  const picture = padded(b, blockedOp(b, 'ReorderInput', [swapped], [i, n, ...input]), w, output, block);
  const y = blockedConv(b, picture, kernel, {
    kernel: output,
    strides: w.dilations,
    dilations: w.strides,
    group: 1,
  });
  // [I, O/block, taps, block of O] to [O, I, taps]: whole rows, then one reordering.
  const [, , kh = 1, kw = 1] = b.dims(y);
  const taps = kh * kw;
  const turned = movedRows(b, y, [i, o / block, taps * block], [1, 0, 2]);
  const flat = unblocked(b, turned, o, at(w.shape, 0), i * taps);
  return trimmed(b, b.op('Reshape', [flat, b.integers(at(w.shape, 0), i, kh, kw)]), w.kernel);
}

/** Zeros around a blocked picture, as many as the windows at all taps reach for. */
function padded(b: GraphBuilder, x: Value, w: GradWindow, output: readonly number[], block: number): Value {
  const [n = 1, channels = 1, ...input] = b.dims(x);
  const end = input.map((size, a) => {
    const reach = extent(at(output, a), at(w.strides, a)) + extent(at(w.kernel, a), at(w.dilations, a)) - 1;
    return Math.max(0, reach - size - at(w.begin, a));
  });
  if (all([...w.begin, ...end], 0)) return x;
  const planes = b.op('Reshape', [x, b.integers((n * channels) / block, ...input, block)]);
  const wide = b.op('Pad', [planes, b.integers(0, ...w.begin, 0, 0, ...end, 0)]);
  const [, height = 1, width = 1] = b.dims(wide);
  return b.op('Reshape', [wide, b.integers(n, channels, height, width)]);
}

/** The first `rows` rows of a matrix [O/block, columns, block] as [rows, columns]. */
function unblocked(b: GraphBuilder, x: Value, o: number, rows: number, columns: number): Value {
  const whole = b.op('Reshape', [x, b.integers(1, o, 1, columns)]);
  return blockedOp(b, 'ReorderOutput', [whole], [1, rows, 1, columns], { channels: rows });
}

/**
 * The weights' gradient of a 1×1 convolution, dW = Σ over pictures of A·Bᵀ with one side A in the blocked layout and the
 * other, B, in the plain one. A's memory, [A/block, places, block], already is what a 1×1 convolution over _places_ reads
 * as weights; B turned to [places/block, B, block] is its picture. So the larger side is not moved at all, or, where many
 * small products would have to be summed up, whole rows of it are.
 */
function pointwise(c: BlockedContext, w: GradWindow): Value | undefined {
  if (!c.isBlocked(0) && !c.isBlocked(1)) return undefined;
  const { b, block } = c;
  const [n = 1, o = 1, ...output] = c.dims(0);
  const [, i = 1] = c.dims(1);
  const places = sizeOf(output);
  if (places % block !== 0) return undefined;
  const fromDy = o >= i || !all(w.strides, 1) || !c.canBlock(1);
  const [rows, other] = fromDy ? [o, i] : [i, o];
  const side = c.blocked(fromDy ? 0 : 1);
  const plain = fromDy ? seenBy(c, w) : c.plain(0);
  const product = productOverPlaces(b, side, plain, { n, rows, other, places, block });
  return b.op('Reshape', [fromDy ? product : b.op('Transpose', [product], { perm: [1, 0] }), b.integers(...w.shape)]);
}

/** The elements of x that a 1×1 convolution with strides sees, plain: taken out of blocks before these are undone. */
function seenBy(c: BlockedContext, w: GradWindow): Value {
  if (all(w.strides, 1) || !c.isBlocked(1)) return strided(c.b, c.plain(1), w);
  const { b } = c;
  const x = c.blocked(1);
  const channels = at(b.dims(x), 1);
  const ones = b.constant(float32([channels, 1, 1, 1], new Float32Array(channels).fill(1)));
  const seen = blockedConv(b, x, ones, { kernel: [1, 1], strides: w.strides, group: channels });
  const count = at(c.dims(1), 1);
  return blockedOp(b, 'ReorderOutput', [seen], b.dims(seen).with(1, count), { channels: count });
}

/** Summing up products of pictures costs this many times as much as moving as many values of the larger side. */
const SUM_COST = 5;

export interface ProductSizes {
  readonly n: number;
  /** Rows of A and of B. */
  readonly rows: number;
  readonly other: number;
  /** Of each picture. */
  readonly places: number;
  readonly block: number;
  /** Most places whose products are added up one after the other, where rounding counts. Default: as is fastest. */
  readonly run?: number;
}

/** Σ over pictures of A·Bᵀ, [rows, other], with A blocked, of at least as many channels as `rows`, and B plain. */
export function productOverPlaces(b: GraphBuilder, side: Value, plain: Value, sizes: ProductSizes): Value {
  const { n, rows, other, places, block, run } = sizes;
  const a = at(b.dims(side), 1);
  const lines = b.op('Reshape', [plain, b.integers(n, 1, other, places)]);
  const picture = blockedOp(b, 'ReorderInput', [lines], [n, places, 1, other], { channels_last: 1 });
  let product: Value;
  if (run !== undefined || SUM_COST * other < places) {
    let parts = 1;
    while (run !== undefined && places / parts > run && places % (2 * parts * block) === 0) parts *= 2;
    const each = productsOfParts(b, side, picture, n * parts, { a, other, places: places / parts, block, parts });
    product = b.op('ReduceSum', [each, b.integers(0)], { keepdims: 0 });
  } else {
    const joined = movedRows(b, side, [n, a / block, places * block], [1, 0, 2]);
    const weights = b.op('Reshape', [joined, b.integers(a, n * places, 1, 1)]);
    // Rows of the picture are what threads share out.
    const height = [8, 4, 2].find((h) => other % h === 0) ?? 1;
    const input = b.op('Reshape', [picture, b.integers(1, n * places, height, other / height)]);
    product = blockedConv(b, input, weights, { kernel: [1, 1], group: 1 });
  }
  return b.op('Reshape', [unblocked(b, product, a, rows, other), b.integers(rows, other)]);
}

/** A·Bᵀ of each part of the places of each picture, [groups, a·other]. */
function productsOfParts(
  b: GraphBuilder,
  side: Value,
  picture: Value,
  groups: number,
  { a, other, places, block, parts }: { a: number; other: number; places: number; block: number; parts: number },
): Value {
  const cut = [groups / parts, a / block, parts, places * block];
  const ordered = parts === 1 || a === block ? side : movedRows(b, side, cut, [0, 2, 1, 3]);
  const weights = b.op('Reshape', [ordered, b.integers(groups * a, places, 1, 1)]);
  const input = b.op('Reshape', [picture, b.integers(1, groups * places, 1, other)]);
  const each = blockedConv(b, input, weights, { kernel: [1, 1], group: groups });
  return b.op('Reshape', [each, b.integers(groups, a * other)]);
}
