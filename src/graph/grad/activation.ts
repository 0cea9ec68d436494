import { floatOf, stringOf } from '../attributes.js';
import { dtypeCode } from '../dtype-code.js';
import { OWN_DOMAIN } from '../ops.js';
import { isFloat, type Value } from '../types.js';
import { type GradientContext, type GradientRule, sumTo } from './rule.js';

/** The rule dx = dy·f′ of an operator with one input. */
export function unary(derivative: (c: GradientContext, x: Value) => Value): GradientRule {
  return (c) => [c.m.mul(c.dy, derivative(c, c.x(0)))];
}

/** y > 0 exactly where x > 0, so that the input need not be kept. */
export const relu: GradientRule = (c) => [c.b.op('ReluGrad', [c.dy, c.y()], {}, { domain: OWN_DOMAIN })];

export const leakyRelu = unary(({ m, node }, x) => {
  const alpha = floatOf(node, 'alpha', 0.01);
  return m.add(m.mul(m.is('Greater', x, 0), 1 - alpha), alpha);
});

/** dy where the input lies strictly between the bounds, which is where the output does; a bound gets the rest. */
export const clip: GradientRule = (c) => {
  const { b, m } = c;
  const [low, high] = clipBounds(c);
  return [
    c.needs(0) ? b.op('ClipGrad', [c.dy, c.y(), low, high], {}, { domain: OWN_DOMAIN }) : undefined,
    c.needs(1) ? sumTo(b, m.mul(c.dy, m.is('LessOrEqual', c.x(0), low)), c.dims(1)) : undefined,
    c.needs(2) ? sumTo(b, m.mul(c.dy, m.is('GreaterOrEqual', c.x(0), high)), c.dims(2)) : undefined,
  ];
};

/** The bounds: attributes before operator set 11, inputs since. The empty value stands for none. */
function clipBounds(c: GradientContext): [Value, Value] {
  const bound = (input: number, name: string): Value => {
    if (c.has(input)) return c.x(input);
    return c.node.attributes[name] === undefined ? '' : c.b.scalar(floatOf(c.node, name, 0));
  };
  return [bound(1, 'min'), bound(2, 'max')];
}

export const sigmoid = unary(({ m, y }) => m.mul(y(), m.sub(1, y())));

/** y = clip(α·x + β, 0, 1) */
export const hardSigmoid = unary(({ m, node, y }) =>
  m.mul(m.mul(m.is('Greater', y(), 0), m.is('Less', y(), 1)), floatOf(node, 'alpha', 0.2)),
);

/** y = x·h with h = clip(x/6 + ½, 0, 1): y′ = h + x/6 where h is not clipped. */
export const hardSwish = unary(({ b, m }, x) => {
  const h = b.op('HardSigmoid', [x], { alpha: 1 / 6, beta: 0.5 });
  const inside = m.mul(m.is('Greater', h, 0), m.is('Less', h, 1));
  return m.add(h, m.mul(m.mul(x, 1 / 6), inside));
});

export const tanh = unary(({ m, y }) => m.sub(1, m.square(y())));

export const erf = unary(({ m }, x) => m.mul(m.exp(m.neg(m.square(x))), 2 / Math.sqrt(Math.PI)));

/**
 * y = x·Φ(x), y′ = Φ(x) + x·φ(x); approximated as y = ½x·(1 + tanh u) with u = √(2/π)·(x + 0.044715·x³)
 * (Hendrycks and Gimpel, arXiv 1606.08415).
 */
export const gelu = unary(({ m, node }, x) => {
  if (stringOf(node, 'approximate', 'none') === 'tanh') {
    const k = Math.sqrt(2 / Math.PI);
    const squared = m.square(x);
    const t = m.tanh(m.mul(m.mul(x, m.add(m.mul(squared, 0.044715), 1)), k));
    const slope = m.add(m.mul(squared, 3 * 0.044715 * k), k);
    const half = m.mul(m.add(t, 1), 0.5);
    return m.add(half, m.mul(m.mul(m.mul(x, 0.5), m.sub(1, m.square(t))), slope));
  }
  const cumulative = m.mul(m.add(m.erf(m.mul(x, Math.SQRT1_2)), 1), 0.5);
  const density = m.mul(m.exp(m.mul(m.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
  return m.add(cumulative, m.mul(x, density));
});

export const softplus = unary(({ m }, x) => m.sigmoid(x));

export const exp = unary(({ y }) => y());

export const log: GradientRule = (c) => [c.m.div(c.dy, c.x(0))];

export const sqrt: GradientRule = (c) => [c.m.div(c.m.mul(c.dy, 0.5), c.y())];

export const sin = unary(({ b }, x) => b.op('Cos', [x]));

export const cos = unary(({ b, m }, x) => m.neg(b.op('Sin', [x])));

export const reciprocal = unary(({ m, y }) => m.neg(m.square(y())));

export const abs = unary(({ m }, x) => m.sign(x));

export const neg: GradientRule = (c) => [c.m.neg(c.dy)];

export const identity: GradientRule = (c) => [c.dy];

/** Between floats the gradient is cast back; whole numbers and booleans stop it. */
export const cast: GradientRule = (c) => {
  if (!isFloat(c.dtype(0)) || !isFloat(c.b.dtype(c.y()))) return [];
  return [c.b.op('Cast', [c.dy], { to: dtypeCode(c.dtype(0)) })];
};

/** The identity in inference; in training dy is dropped and scaled as the input was: y = x·mask/(1 − ratio). */
export const dropout: GradientRule = (c) => {
  const { m } = c;
  if (!c.has(2) || c.integers(2)[0] !== 1) return [c.dy];
  const [ratio = 0.5] = c.has(1) ? c.floats(1) : [];
  return [m.mul(c.dy, m.mul(m.toFloat(c.y(1)), ratio < 1 ? 1 / (1 - ratio) : 0))];
};
