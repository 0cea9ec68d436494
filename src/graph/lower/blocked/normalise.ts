import { floatOf, intOf } from '../../attributes.js';
import type { GraphBuilder } from '../../builder.js';
import { reducedAxes } from '../../shapes/axis.js';
import { at } from '../../shapes/index.js';
import { sizeOf, type Value } from '../../types.js';
import { batchNormCoefficients, momentsOf } from '../normalise-plain.js';
import { productOverPlaces } from './conv-weight-grad.js';
import { blockedAffine, blockedGlobalPool, blockedPlaneDot } from './nodes.js';
import type { BlockedContext, BlockedRule } from './rule.js';
import { padded, unpadded } from './weights.js';

/**
 * Places that ONNX Runtime sums up in one go, each added to the sum of those before: a plane of 64 × 64 in one go would lose
 * as much as a batch norm's variance may be, next to its mean's square.
 */
const STRIP = 64;
/** Strips that halving leaves longer than this are divided by odd numbers, too. Those of pictures of 224 px, 7 × 112, stay. */
const LONG = 800;

/** Rows in a strip. Nothing of an odd height can be halved: in one go, planes of 49 × 49 lose ten times as much as in strips. */
function rowsOfStrip(height: number, width: number): number {
  let rows = height;
  while (rows % 2 === 0 && rows * width > STRIP) rows /= 2;
  const longest = height % 2 === 0 ? LONG : LONG / 2;
  for (let odd = 3; odd <= rows && rows * width > longest; odd += 2) {
    while (rows % odd === 0 && rows * width > longest) rows /= odd;
  }
  return rows;
}

/** A blocked value's planes cut into strips of whole rows, each a channel of its own: [N, C·strips, rows, W]. */
function inStrips(b: GraphBuilder, x: Value): { strips: Value; count: number } {
  const [n = 1, channels = 1, height = 1, width = 1] = b.dims(x);
  const rows = rowsOfStrip(height, width);
  const count = height / rows;
  return { strips: count === 1 ? x : b.op('Reshape', [x, b.integers(n, channels * count, rows, width)]), count };
}

/** Σ over pictures and strips of one value for each strip, [N, C·strips, …] in blocked order: [C]. */
function sumOfStrips(c: BlockedContext, each: Value, x: Value, count: number): Value {
  const { b, block } = c;
  const [n = 1, channels = 1] = b.dims(x);
  let planes = each;
  if (count > 1) {
    const strips = b.op('Reshape', [each, b.integers((n * channels) / block, count, block)]);
    planes = b.op('ReduceSum', [strips, b.integers(1)], { keepdims: 0 });
  }
  return b.op('ReduceSum', [b.op('Reshape', [planes, b.integers(n, channels)]), b.integers(0)], { keepdims: 0 });
}

/** Σ over pictures and places, [C]. */
function sumPerChannel(c: BlockedContext, x: Value): Value {
  const { b } = c;
  const { strips, count } = inStrips(b, x);
  const means = blockedGlobalPool(b, 'GlobalAveragePool', strips);
  return b.op('Mul', [sumOfStrips(c, means, x, count), b.scalar(sizeOf(b.dims(strips).slice(2)))]);
}

/** Σ x·y over pictures and places, [C]. */
function dotPerChannel(c: BlockedContext, x: Value, y: Value): Value {
  const { b } = c;
  const { strips, count } = inStrips(b, x);
  return sumOfStrips(c, blockedPlaneDot(b, strips, inStrips(b, y).strips), x, count);
}

/**
 * Batch norm with the batch's statistics: two reading sweeps for Σx and Σx², one that reads and writes for γ·(x − μ)/σ + β,
 * with the activation that follows in it.
 */
export const batchNormTrain: BlockedRule = (c) => {
  if (!c.canBlock(0)) return undefined;
  const { b } = c;
  const x = c.blocked(0);
  const dims = b.dims(x);
  const channels = at(dims, 1);
  const share = b.scalar(channels / sizeOf(dims));
  const mean = b.op('Mul', [sumPerChannel(c, x), share]);
  const square = b.op('Mul', [dotPerChannel(c, x, x), share]);
  const variance = b.op('Max', [b.op('Sub', [square, b.op('Mul', [mean, mean])]), b.scalar(0)]);
  const epsilon = b.scalar(floatOf(c.node, 'epsilon', 1e-5));
  const inverse = b.op('Reciprocal', [b.op('Sqrt', [b.op('Add', [variance, epsilon])])]);
  const scale = b.op('Mul', [padded(b, c.plain(1), [channels]), inverse]);
  const bias = b.op('Sub', [padded(b, c.plain(2), [channels]), b.op('Mul', [mean, scale])]);
  const y = blockedAffine(b, x, scale, {
    bias,
    ...(c.following === undefined ? {} : { activation: c.following }),
  });
  return {
    outputs: [
      { blocked: y, channels: at(c.dims(0), 1) },
      { plain: unpadded(b, mean, c.dims(1)) },
      { plain: unpadded(b, inverse, c.dims(1)) },
    ],
    took: c.following?.node,
  };
};

/** dx = a·dy + b·x + c (see the plain rule): two reading sweeps for the sums, two that write. */
export const batchNormGrad: BlockedRule = (c) => {
  if (!c.canBlock(0) || !c.canBlock(1)) return undefined;
  const { b } = c;
  const [dy, x] = [c.blocked(0), c.blocked(1)];
  const dbeta = sumPerChannel(c, dy);
  const channel = (i: number) => padded(b, c.plain(i), [at(b.dims(x), 1)]);
  const coefficients = batchNormCoefficients(b, c.node, b.dims(x), {
    dbeta,
    product: dotPerChannel(c, x, dy),
    gamma: channel(2),
    mean: channel(3),
    inverse: channel(4),
  });
  const { scale, slope, offset } = coefficients;
  const parameters = [coefficients.dgamma, dbeta].map((v) => ({ plain: unpadded(b, v, c.dims(2)) }));
  if (!c.used(0)) return { outputs: [undefined, ...parameters] };
  const dx =
    scale === undefined
      ? blockedAffine(b, x, slope, { bias: offset, sum: dy })
      : blockedAffine(b, dy, scale, { sum: blockedAffine(b, x, slope, { bias: offset }) });
  return { outputs: [{ blocked: dx, channels: at(c.dims(1), 1) }, ...parameters] };
};

/** Mean and covariance of the channels, from one reading sweep for Σx and a product for Σx·xᵀ. */
export const channelMoments: BlockedRule = (c) => {
  const places = sizeOf(c.dims(0).slice(2));
  if (!c.isBlocked(0) || places % c.block !== 0) return undefined;
  const { b, block } = c;
  const [n = 1, channels = 1] = c.dims(0);
  const x = c.blocked(0);
  const sizes = { n, rows: channels, other: channels, places, block, run: STRIP };
  const products = productOverPlaces(b, x, c.plain(0), sizes);
  const sum = unpadded(b, sumPerChannel(c, x), [channels]);
  const [mean = '', covariance = ''] = momentsOf(b, c.dims(0), { sum, products });
  return { outputs: [{ plain: mean }, { plain: covariance }] };
};

/** Σ over pictures and places of a value that is blocked already: the gradient of a convolution's bias. */
export const reduceSum: BlockedRule = (c) => {
  if (c.dims(0).length !== 4 || !c.isBlocked(0) || intOf(c.node, 'keepdims', 1) !== 0) return undefined;
  if ([...reducedAxes(c)].sort().join() !== '0,2,3') return undefined;
  return { outputs: [{ plain: unpadded(c.b, sumPerChannel(c, c.blocked(0)), [at(c.dims(0), 1)]) }] };
};
