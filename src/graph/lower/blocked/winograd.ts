import type { GraphBuilder } from '../../builder.js';
import { at } from '../../shapes/index.js';
import type { Window } from '../../shapes/window.js';
import { float32, type Value } from '../../types.js';
import { zeroBiasAfter } from '../after.js';
import { product } from '../products.js';
import { all } from '../window-attributes.js';
import { blockedAffine } from './nodes.js';
import { movedRows } from './rows.js';
import type { BlockedContext } from './rule.js';
import { inputMatrix, outputMatrix, type TileSize, type Tiling, valuesOf, weightMatrix } from './winograd-matrices.js';

/*
 * Convolutions of 3×3 over small planes with many channels by Winograd's minimal filtering (Lavin & Gray 2016): 36 products for each
 * 4×4 tile of outputs instead of 144, or 16 for each 2×2 tile instead of 36. All steps are products of matrices:
 *
 *   forward   V = B·x, W = G·w, M = V·Wᵀ, y = Aᵀ·M
 *   backward  dM = A·dy, dx = Bᵀ·(dM·W), dw = Gᵀ·(dMᵀ·V)
 *
 * V [values, tiles · N, C], W [values, O, C] and M [values, tiles · N, O] are a batch of matrices, one for each of a tile's values.
 */

/*
 * Costs in multiply-adds, from measurements of forward pass and both gradients together: what each weight costs beside the products, to be
 * put in order or transformed, and packed.
 */
const PLAIN_WEIGHT = 100;
const TILE_WEIGHT = 34;
/** Transforms and small products run at less than full speed: a form must cost this share of the one that it replaces. */
const GAIN = 0.85;

/**
 * How a convolution's planes are best cut into tiles, or undefined where it is better computed as it is.
 *
 * @param x shape of the input
 * @param o output channels
 */
export function tilingOf(
  w: Pick<Window, 'kernel' | 'strides' | 'dilations' | 'begin' | 'end' | 'group'>,
  [n = 1, i = 1, height = 1, width = 1]: readonly number[],
  o: number,
  block: number,
): Tiling | undefined {
  if (!all(w.kernel, 3) || !all([...w.strides, ...w.dilations], 1) || w.group !== 1) return undefined;
  if (w.kernel.length !== 2 || i % block !== 0 || o % block !== 0) return undefined;
  const output = [height, width].map((size, a) => size + at(w.begin, a) + at(w.end, a) - 2);
  const [rows = 1, columns = 1] = output;
  const [top = 0, left = 0] = w.begin;
  let best: Tiling | undefined;
  let least = 9 * i * o * (n * rows * columns + PLAIN_WEIGHT);
  for (const size of [2, 4] as const satisfies readonly TileSize[]) {
    const tiles = [Math.ceil(rows / size), Math.ceil(columns / size)] as const;
    const each = n * tiles[0] * tiles[1];
    const places = height * width * i + rows * columns * o;
    const cost = valuesOf(size) * (i * o * (each + TILE_WEIGHT) + each * places);
    if (cost >= GAIN * least) continue;
    least = cost;
    best = { size, tiles, input: [height, width], output: [rows, columns], begin: [top, left] };
  }
  return best;
}

/** Value i of a rule's context, [N, C, H, W] in the blocked layout, as a matrix of places and pictures' channels [H·W, N·C]. */
function byPlace(c: BlockedContext, i: number): Value {
  const { b, block } = c;
  const [n = 1, channels = 1, height = 1, width = 1] = c.dims(i);
  const turned = movedRows(b, c.blocked(i), [n, channels / block, height * width, block], [2, 0, 1, 3]);
  return b.op('Reshape', [turned, b.integers(height * width, n * channels)]);
}

/** And back, to [N, C, H, W] in the blocked layout. */
function fromPlaces(c: BlockedContext, x: Value, dims: readonly number[]): Value {
  const { b, block } = c;
  const [n = 1, channels = 1, height = 1, width = 1] = dims;
  const blocks = movedRows(b, x, [height * width, n, channels / block, block], [1, 2, 0, 3]);
  return b.op('Reshape', [blocks, b.integers(...dims)]);
}

/** A constant that all convolutions of the same tiling share, so that what they compute from one value is shared, too. */
function shared(b: GraphBuilder, what: string, t: Tiling, dims: readonly number[], make: () => Float32Array): Value {
  const key = [t.size, ...t.tiles, ...t.input, ...t.output, ...t.begin].join('.');
  const name = `winograd:${what}:${key}`;
  if (!b.hasValue(name)) b.declareInitializer(name, float32(dims, make()));
  return name;
}

const count = ({ size, tiles: [down, across] }: Tiling): number => valuesOf(size) * down * across;

function toTiles(b: GraphBuilder, t: Tiling): Value {
  const [height, width] = t.input;
  return shared(b, 'input', t, [count(t), height * width], () => inputMatrix(t));
}

function fromTiles(b: GraphBuilder, t: Tiling): Value {
  const [height, width] = t.output;
  return shared(b, 'output', t, [count(t), height * width], () => outputMatrix(t));
}

function ofWeights(b: GraphBuilder, t: Tiling): Value {
  return shared(b, 'weight', t, [valuesOf(t.size), 9], () => weightMatrix(t.size));
}

/** A matrix for each of a tile's values: [values, rows, channels]. */
function inMatrices(b: GraphBuilder, t: Tiling, flat: Value, channels: number): Value {
  return b.op('Reshape', [flat, b.integers(valuesOf(t.size), -1, channels)]);
}

/** V = B·x of input i of the node. */
function inputTiles(c: BlockedContext, t: Tiling, i: number): Value {
  return inMatrices(c.b, t, product(c.b, toTiles(c.b, t), byPlace(c, i)), at(c.dims(i), 1));
}

/** W = G·w of input 1 of the node. */
function weightTiles(c: BlockedContext, t: Tiling): Value {
  const { b } = c;
  const [o = 1, i = 1] = c.dims(1);
  const flat = b.op('Reshape', [c.plain(1), b.integers(o * i, 9)]);
  return b.op('Reshape', [product(b, ofWeights(b, t), flat, { right: true }), b.integers(valuesOf(t.size), o, i)]);
}

/** dM = A·dy of input 0 of the node. */
function gradientTiles(c: BlockedContext, t: Tiling): Value {
  return inMatrices(c.b, t, product(c.b, fromTiles(c.b, t), byPlace(c, 0)), at(c.dims(0), 1));
}

/** The convolution of a node with inputs x, w and perhaps a bias, with the activation that follows, blocked. */
export function convInTiles(c: BlockedContext, t: Tiling): Value {
  const { b } = c;
  const [n = 1] = c.dims(0);
  const o = at(c.dims(1), 0);
  const products = product(b, inputTiles(c, t, 0), weightTiles(c, t), { right: true });
  const flat = b.op('Reshape', [products, b.integers(count(t), n * o)]);
  const y = fromPlaces(c, product(b, fromTiles(b, t), flat, { left: true }), [n, o, ...t.output]);
  if (!c.has(2) && c.following === undefined) return y;
  return blockedAffine(b, y, b.constant(float32([o], new Float32Array(o).fill(1))), {
    ...(c.has(2) ? { bias: c.plain(2) } : {}),
    ...(c.following === undefined ? {} : { activation: c.following }),
  });
}

/** dx of a node with inputs dy, w and what it waits for (see `zeroBiasAfter`), blocked. */
export function inputGradInTiles(c: BlockedContext, t: Tiling): Value {
  const { b } = c;
  const [n = 1] = c.dims(0);
  const i = at(c.dims(1), 1);
  const products = product(b, gradientTiles(c, t), weightTiles(c, t));
  const flat = b.op('Reshape', [products, b.integers(count(t), n * i)]);
  const after = c.node.inputs.slice(2).map((_, k) => c.plain(k + 2));
  const [height, width] = t.input;
  const zeros = zeroBiasAfter(b, after, height * width);
  const matrix = zeros === undefined ? toTiles(b, t) : b.op('Add', [toTiles(b, t), zeros]);
  return fromPlaces(c, product(b, matrix, flat, { left: true }), [n, i, height, width]);
}

/** dw of a node with inputs dy and x, plain. */
export function weightGradInTiles(c: BlockedContext, t: Tiling): Value {
  const { b } = c;
  const [o, i] = [at(c.dims(0), 1), at(c.dims(1), 1)];
  const products = product(b, gradientTiles(c, t), inputTiles(c, t, 1), { left: true });
  const flat = b.op('Reshape', [products, b.integers(valuesOf(t.size), o * i)]);
  return b.op('Reshape', [product(b, flat, ofWeights(b, t), { left: true }), b.integers(o, i, 3, 3)]);
}
