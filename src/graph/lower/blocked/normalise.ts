import { floatOf, intOf } from '../../attributes.js';
import type { GraphBuilder } from '../../builder.js';
import { reducedAxes } from '../../shapes/axis.js';
import { sizeOf, type Value } from '../../types.js';
import { batchNormCoefficients, momentsOf } from '../normalise-plain.js';
import { productOverPlaces } from './conv-weight-grad.js';
import { blockedAffine, blockedGlobalPool, blockedPlaneDot } from './nodes.js';
import type { BlockedRule } from './rule.js';

/** Σ over pictures and places, [C]. */
function sumPerChannel(b: GraphBuilder, x: Value): Value {
  const [n = 1, channels = 1, ...plane] = b.dims(x);
  const means = b.op('Reshape', [blockedGlobalPool(b, 'GlobalAveragePool', x), b.integers(n, channels)]);
  return b.op('Mul', [b.op('ReduceSum', [means, b.integers(0)], { keepdims: 0 }), b.scalar(sizeOf(plane))]);
}

/** Σ x·y over pictures and places, [C]. */
function dotPerChannel(b: GraphBuilder, x: Value, y: Value): Value {
  return b.op('ReduceSum', [blockedPlaneDot(b, x, y), b.integers(0)], { keepdims: 0 });
}

/**
 * Batch norm with the batch's statistics: two reading sweeps for Σx and Σx², one that reads and writes for γ·(x − μ)/σ + β,
 * with the activation that follows in it.
 */
export const batchNormTrain: BlockedRule = (c) => {
  if (!c.canBlock(0)) return undefined;
  const { b } = c;
  const x = c.blocked(0);
  const dims = c.dims(0);
  const share = b.scalar((dims[1] ?? 1) / sizeOf(dims));
  const mean = b.op('Mul', [sumPerChannel(b, x), share]);
  const square = b.op('Mul', [dotPerChannel(b, x, x), share]);
  const variance = b.op('Max', [b.op('Sub', [square, b.op('Mul', [mean, mean])]), b.scalar(0)]);
  const epsilon = b.scalar(floatOf(c.node, 'epsilon', 1e-5));
  const inverse = b.op('Reciprocal', [b.op('Sqrt', [b.op('Add', [variance, epsilon])])]);
  const scale = b.op('Mul', [c.plain(1), inverse]);
  const bias = b.op('Sub', [c.plain(2), b.op('Mul', [mean, scale])]);
  const y = blockedAffine(b, x, scale, {
    bias,
    ...(c.following === undefined ? {} : { activation: c.following }),
  });
  return {
    outputs: [{ blocked: y }, { plain: mean }, { plain: inverse }],
    tookActivation: c.following !== undefined,
  };
};

/** dx = a·dy + b·x + c (see the plain rule): two reading sweeps for the sums, two that write. */
export const batchNormGrad: BlockedRule = (c) => {
  if (!c.canBlock(0) || !c.canBlock(1)) return undefined;
  const { b } = c;
  const [dy, x] = [c.blocked(0), c.blocked(1)];
  const dbeta = sumPerChannel(b, dy);
  const { dgamma, scale, slope, offset } = batchNormCoefficients(b, c.dims(1), {
    dbeta,
    product: dotPerChannel(b, x, dy),
    gamma: c.plain(2),
    mean: c.plain(3),
    inverse: c.plain(4),
  });
  if (!c.used(0)) return { outputs: [undefined, { plain: dgamma }, { plain: dbeta }] };
  const fromX = blockedAffine(b, x, slope, { bias: offset });
  const dx = blockedAffine(b, dy, scale, { sum: fromX });
  return { outputs: [{ blocked: dx }, { plain: dgamma }, { plain: dbeta }] };
};

/** Mean and covariance of the channels, from one reading sweep for Σx and a product for Σx·xᵀ. */
export const channelMoments: BlockedRule = (c) => {
  const places = sizeOf(c.dims(0).slice(2));
  if (!c.isBlocked(0) || places % c.block !== 0) return undefined;
  const { b, block } = c;
  const [n = 1, channels = 1] = c.dims(0);
  const x = c.blocked(0);
  const sizes = { n, a: channels, other: channels, places, block };
  const products = productOverPlaces(b, x, c.plain(0), sizes);
  const [mean = '', covariance = ''] = momentsOf(b, c.dims(0), { sum: sumPerChannel(b, x), products });
  return { outputs: [{ plain: mean }, { plain: covariance }] };
};

/** Σ over pictures and places of a value that is blocked already: the gradient of a convolution's bias. */
export const reduceSum: BlockedRule = (c) => {
  if (c.dims(0).length !== 4 || !c.isBlocked(0) || intOf(c.node, 'keepdims', 1) !== 0) return undefined;
  if ([...reducedAxes(c)].sort().join() !== '0,2,3') return undefined;
  return { outputs: [{ plain: sumPerChannel(c.b, c.blocked(0)) }] };
};
