import { floatOf, intOf } from '../attributes.js';
import { OWN_DOMAIN } from '../ops.js';
import { type GradientRule, reshapeTo } from './rule.js';

/** Batch norm with the batch's statistics; dx, dγ and dβ come from one node that lowering writes in few sweeps. */
export const batchNormTrain: GradientRule = (c) => {
  const [dx, dgamma, dbeta] = c.b.ops(
    'BatchNormGrad',
    3,
    [c.dy, c.x(0), c.x(1), c.y(1), c.y(2)],
    {},
    { domain: OWN_DOMAIN },
  );
  return [dx, dgamma, dbeta];
};

/** y = γ·(x − μ)/√(σ² + ε) + β with fixed statistics μ and σ², whose own gradients are given too. */
export const batchNormalization: GradientRule = (c) => {
  const { b, dy } = c;
  if (intOf(c.node, 'training_mode', 0) === 1) {
    throw c.fail('batch norm in training mode must be onecycle:BatchNormTrain before differentiation');
  }
  const rank = c.dims(0).length;
  const channel = (v: string) =>
    reshapeTo(
      b,
      v,
      [-1 as number, ...Array<number>(rank - 2).fill(1)].map((d) => (d === -1 ? (b.dims(v)[0] ?? 1) : d)),
    );
  const axes = b.integers(...c.dims(0).flatMap((_, i) => (i === 1 ? [] : [i])));
  const sumPerChannel = (v: string) => b.op('ReduceSum', [v, axes], { keepdims: 0 });
  const variance = b.op('Add', [c.x(4), b.scalar(floatOf(c.node, 'epsilon', 1e-5))]);
  const scale = b.op('Reciprocal', [b.op('Sqrt', [variance])]);
  const gammaScale = b.op('Mul', [c.x(1), scale]);
  const sumDy = c.needs(2) || c.needs(1) || c.needs(3) ? sumPerChannel(dy) : undefined;
  // Σ dy·(x − μ)
  const centred = () => {
    const sumDyX = sumPerChannel(b.op('Mul', [dy, c.x(0)]));
    return b.op('Sub', [sumDyX, b.op('Mul', [c.x(3), sumDy ?? sumPerChannel(dy)])]);
  };
  const inner = c.needs(1) || c.needs(4) ? centred() : undefined;
  return [
    c.needs(0) ? b.op('Mul', [dy, channel(gammaScale)]) : undefined,
    c.needs(1) && inner !== undefined ? b.op('Mul', [inner, scale]) : undefined,
    c.needs(2) ? sumDy : undefined,
    c.needs(3) && sumDy !== undefined ? b.op('Neg', [b.op('Mul', [gammaScale, sumDy])]) : undefined,
    c.needs(4) && inner !== undefined
      ? b.op('Mul', [b.op('Mul', [inner, gammaScale]), b.op('Div', [b.scalar(-0.5), variance])])
      : undefined,
  ];
};
