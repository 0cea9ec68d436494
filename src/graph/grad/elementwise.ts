import { OWN_DOMAIN } from '../ops.js';
import { type GradientRule, sumTo } from './rule.js';

/** y > 0 exactly where x > 0, so that the input need not be kept. */
export const relu: GradientRule = (c) => [c.b.op('ReluGrad', [c.dy, c.y()], {}, { domain: OWN_DOMAIN })];

/** dy where the input lies strictly between the bounds, which is where the output does. */
export const clip: GradientRule = (c) => {
  const bounds = [c.has(1) ? c.x(1) : '', c.has(2) ? c.x(2) : ''];
  return [c.b.op('ClipGrad', [c.dy, c.y(), ...bounds], {}, { domain: OWN_DOMAIN })];
};

export const identity: GradientRule = (c) => [c.dy];

export const add: GradientRule = (c) =>
  c.node.inputs.map((_, i) => (c.needs(i) ? sumTo(c.b, c.dy, c.dims(i)) : undefined));

export const sub: GradientRule = (c) => [
  c.needs(0) ? sumTo(c.b, c.dy, c.dims(0)) : undefined,
  c.needs(1) ? c.b.op('Neg', [sumTo(c.b, c.dy, c.dims(1))]) : undefined,
];

export const mul: GradientRule = (c) => [
  c.needs(0) ? sumTo(c.b, c.b.op('Mul', [c.dy, c.x(1)]), c.dims(0)) : undefined,
  c.needs(1) ? sumTo(c.b, c.b.op('Mul', [c.dy, c.x(0)]), c.dims(1)) : undefined,
];
