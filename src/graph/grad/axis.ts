import { intOf } from '../attributes.js';
import { reducedAxes } from '../shapes/axis.js';
import { sizeOf } from '../types.js';
import { type GradientContext, type GradientRule, reshapeTo } from './rule.js';

/** The output's gradient with the reduced axes kept as ones. */
export function keptDims(c: GradientContext): number[] {
  const axes = new Set(reducedAxes(c));
  return c.dims(0).map((d, i) => (axes.has(i) ? 1 : d));
}

export const reduceSum: GradientRule = (c) => [
  c.b.op('Expand', [reshapeTo(c.b, c.dy, keptDims(c)), c.b.integers(...c.dims(0))]),
];

export const reduceMean: GradientRule = (c) => {
  const count = sizeOf(c.dims(0)) / sizeOf(keptDims(c));
  const scaled = c.b.op('Mul', [reshapeTo(c.b, c.dy, keptDims(c)), c.b.scalar(1 / count)]);
  return [c.b.op('Expand', [scaled, c.b.integers(...c.dims(0))])];
};

/** dx = dy − softmax(x)·Σdy along the axis */
export const logSoftmax: GradientRule = (c) => {
  const { b, dy } = c;
  const axis = intOf(c.node, 'axis', -1);
  const sum = b.op('ReduceSum', [dy, b.integers(axis)], { keepdims: 1 });
  return [b.op('Sub', [dy, b.op('Mul', [b.op('Exp', [c.y()]), sum])])];
};
