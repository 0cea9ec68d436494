import { intOf } from '../attributes.js';
import { reducedAxes } from '../shapes/axis.js';
import { sizeOf, type Value } from '../types.js';
import { expandTo, type GradientContext, type GradientRule, reshapeTo } from './rule.js';

/** The shape of a reduction's output with the reduced axes kept as ones. */
function keptDims(c: GradientContext): number[] {
  const axes = new Set(reducedAxes(c));
  return c.dims(0).map((d, i) => (axes.has(i) ? 1 : d));
}

/** A value of a reduction's output shape, in a form that broadcasts against its input. */
const kept = (c: GradientContext, v: Value): Value => reshapeTo(c.b, v, keptDims(c));

export const reduceSum: GradientRule = (c) => [expandTo(c.b, kept(c, c.dy), c.dims(0))];

export const reduceMean: GradientRule = (c) => {
  const count = sizeOf(c.dims(0)) / sizeOf(keptDims(c));
  return [expandTo(c.b, c.m.mul(kept(c, c.dy), 1 / count), c.dims(0))];
};

/** ReduceMax, ReduceMin: elements that are equal to the output share its gradient evenly, as in PyTorch's amax. */
export const reduceExtremum: GradientRule = (c) => {
  const { m } = c;
  const hit = m.is('Equal', c.x(0), kept(c, c.y()));
  const share = m.div(kept(c, c.dy), m.sum(hit, reducedAxes(c)));
  return [m.mul(hit, share)];
};

/** y = √Σx²: dx = x·dy/y, and 0 where y is 0. */
export const reduceL2: GradientRule = (c) => {
  const { b, m } = c;
  const y = kept(c, c.y());
  const safe = m.where(b.op('Equal', [y, m.term(0)]), 1, y);
  return [m.mul(c.x(0), m.div(kept(c, c.dy), safe))];
};

export const reduceSumSquare: GradientRule = (c) => [c.m.mul(c.x(0), c.m.mul(kept(c, c.dy), 2))];

/** dx = y·(dy − Σdy·y) along the axis */
export const softmax: GradientRule = (c) => {
  const { m, dy } = c;
  const sum = m.sum(m.mul(dy, c.y()), [intOf(c.node, 'axis', -1)]);
  return [m.mul(c.y(), m.sub(dy, sum))];
};

/** dx = dy − softmax(x)·Σdy along the axis */
export const logSoftmax: GradientRule = (c) => {
  const { m, dy } = c;
  return [m.sub(dy, m.mul(m.exp(c.y()), m.sum(dy, [intOf(c.node, 'axis', -1)])))];
};

/** Each element goes into the sums after it: the gradient is summed from the other end. */
export const cumSum: GradientRule = (c) => [
  c.b.op('CumSum', [c.dy, c.x(1)], {
    exclusive: intOf(c.node, 'exclusive', 0),
    reverse: intOf(c.node, 'reverse', 0) === 1 ? 0 : 1,
  }),
];

/** The indices are whole numbers; the two values get the sums of what they were put into. */
export const oneHot: GradientRule = (c) => {
  const { b, m, dy } = c;
  if (!c.needs(2)) return [];
  const mask = b.op(
    'OneHot',
    [c.x(0), c.x(1), b.constant({ dtype: 'float32', dims: [2], data: Float32Array.of(0, 1) })],
    {
      axis: intOf(c.node, 'axis', -1),
    },
  );
  const all = b.dims(dy).map((_, i) => i);
  const on = m.sum(m.mul(dy, mask), all);
  const off = m.sub(m.sum(dy, all), on);
  return [undefined, undefined, b.op('Concat', [reshapeTo(b, off, [1]), reshapeTo(b, on, [1])], { axis: 0 })];
};
