import { floatOf, intOf } from '../attributes.js';
import { OWN_DOMAIN } from '../ops.js';
import { axisOf } from '../shapes/index.js';
import { float32, sizeOf, type Value } from '../types.js';
import { byInput, type GradientContext, type GradientRule, onlyFirstOutput, reshapeTo, sumTo } from './rule.js';

/** Batch norm with the batch's statistics; dx, dγ and dβ come from one node that lowering writes in few sweeps. */
export const batchNormTrain: GradientRule = (c) => {
  onlyFirstOutput(c);
  return batchNormGrad(c, c.y(1), c.y(2));
};

function batchNormGrad(c: GradientContext, mean: Value, inverse: Value): Value[] {
  return c.b.ops('BatchNormGrad', 3, [c.dy, c.x(0), c.x(1), mean, inverse], {}, { domain: OWN_DOMAIN });
}

/**
 * μ = mean(x), Σ = mean((x − μ)(x − μ)ᵀ) over the m pictures and places: with K = (dΣ + dΣᵀ)/m,
 * dx = K·x + dμ/m − K·μ at each place, which is a 1×1 convolution.
 */
export const channelMoments: GradientRule = (c) => {
  const { b, m } = c;
  const dims = c.dims(0);
  const [, channels = 1] = dims;
  const share = channels / sizeOf(dims);
  const [dmean, dcovariance] = [c.dyOf(0), c.dyOf(1)];
  const fromMean =
    dmean === undefined ? b.constant(float32([channels], new Float32Array(channels))) : m.mul(dmean, share);
  const k =
    dcovariance === undefined
      ? b.constant(float32([channels, channels], new Float32Array(channels * channels)))
      : m.mul(m.add(dcovariance, b.op('Transpose', [dcovariance], { perm: [1, 0] })), share);
  const kMean = reshapeTo(b, b.op('MatMul', [k, reshapeTo(b, c.y(0), [channels, 1])]), [channels]);
  const kernel = dims.slice(2).map(() => 1);
  const weights = reshapeTo(b, k, [channels, channels, ...kernel]);
  return [b.op('Conv', [c.x(0), weights, m.sub(fromMean, kMean)], { kernel_shape: kernel })];
};

/**
 * y = γ·(x − μ)/√(σ² + ε) + β with fixed statistics μ and σ², whose own gradients are given too. In training mode the
 * statistics are the batch's: they are computed again here, as this node gives only their running means
 * (onecycle:BatchNormTrain gives them, and is cheaper).
 */
export const batchNormalization: GradientRule = (c) =>
  intOf(c.node, 'training_mode', 0) === 1 ? batchStatistics(c) : fixedStatistics(c);

function batchStatistics(c: GradientContext): readonly Value[] {
  const { b, m } = c;
  onlyFirstOutput(c);
  const axes = allButChannels(c);
  const mean = m.mean(c.x(0), axes);
  const variance = m.mean(m.square(m.sub(c.x(0), mean)), axes);
  const inverse = inverseDeviation(c, variance);
  return batchNormGrad(c, reshapeTo(b, mean, c.dims(1)), reshapeTo(b, inverse, c.dims(1)));
}

const fixedStatistics: GradientRule = (c) => {
  const { b, m, dy } = c;
  const axes = allButChannels(c);
  const sumPerChannel = (v: Value) => reshapeTo(b, m.sum(v, axes), c.dims(1));
  const inverse = inverseDeviation(c, c.x(4));
  const slope = m.mul(c.x(1), inverse);
  const sum = [1, 2, 3, 4].some((i) => c.needs(i)) ? sumPerChannel(dy) : '';
  // Σ dy·(x − μ)
  const centred = c.needs(1) || c.needs(4) ? m.sub(sumPerChannel(m.mul(dy, c.x(0))), m.mul(c.x(3), sum)) : '';
  return byInput(
    () => m.mul(dy, perChannel(c, slope)),
    () => m.mul(centred, inverse),
    () => sum,
    () => m.neg(m.mul(slope, sum)),
    () => m.mul(m.mul(centred, slope), m.mul(m.square(inverse), -0.5)),
  )(c);
};

/** Normalisation over the axes from `axis` on, one scale and bias for each place on them (Ba et al., arXiv 1607.06450). */
export const layerNormalization: GradientRule = (c) => {
  onlyFirstOutput(c);
  const rank = c.dims(0).length;
  const axis = axisOf(intOf(c.node, 'axis', -1), rank);
  const axes = c.dims(0).flatMap((_, i) => (i >= axis ? [i] : []));
  return normalised(c, { axes, mean: c.y(1), inverse: c.y(2), parameter: (i) => c.x(i) });
};

/** Normalisation of each plane, one scale and bias for each channel (Ulyanov et al., arXiv 1607.08022). */
export const instanceNormalization: GradientRule = (c) => {
  const { m } = c;
  const axes = c.dims(0).flatMap((_, i) => (i >= 2 ? [i] : []));
  const mean = m.mean(c.x(0), axes);
  const variance = m.mean(m.square(m.sub(c.x(0), mean)), axes);
  return normalised(c, { axes, mean, inverse: inverseDeviation(c, variance), parameter: (i) => perChannel(c, c.x(i)) });
};

/**
 * y = scale·x̂ + bias with x̂ = (x − μ)/σ, where μ and σ are taken over `axes` and `parameter` gives scale and bias as
 * they broadcast over x:
 * with g = scale·dy, dx = (g − mean(g) − x̂·mean(g·x̂))/σ.
 */
function normalised(
  c: GradientContext,
  v: { axes: readonly number[]; mean: Value; inverse: Value; parameter: (input: number) => Value },
): (Value | undefined)[] {
  const { b, m, dy } = c;
  const standard = m.mul(m.sub(c.x(0), v.mean), v.inverse);
  const toParameter = (g: Value, i: number) => reshapeTo(b, sumTo(b, g, b.dims(v.parameter(i))), c.dims(i));
  const dx = () => {
    const g = m.mul(dy, v.parameter(1));
    const along = m.mul(standard, m.mean(m.mul(g, standard), v.axes));
    return m.mul(m.sub(m.sub(g, m.mean(g, v.axes)), along), v.inverse);
  };
  return [
    c.needs(0) ? dx() : undefined,
    c.needs(1) ? toParameter(m.mul(dy, standard), 1) : undefined,
    c.needs(2) ? toParameter(dy, 2) : undefined,
  ];
}

const allButChannels = (c: GradientContext): number[] => c.dims(0).flatMap((_, i) => (i === 1 ? [] : [i]));

/** A per-channel vector in the shape that broadcasts over [N, C, …]. */
function perChannel(c: GradientContext, v: Value): Value {
  return reshapeTo(
    c.b,
    v,
    c
      .dims(0)
      .slice(1)
      .map((_, i) => (i === 0 ? sizeOf(c.b.dims(v)) : 1)),
  );
}

/** 1/√(σ² + ε) */
function inverseDeviation(c: GradientContext, variance: Value): Value {
  return c.m.reciprocal(c.m.sqrt(c.m.add(variance, floatOf(c.node, 'epsilon', 1e-5))));
}
