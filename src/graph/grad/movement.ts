import { intOf } from '../attributes.js';
import { at, axisOf } from '../shapes/index.js';
import { type GradientRule, reshapeTo } from './rule.js';

/** Reshape, Flatten, Squeeze, Unsqueeze: the gradient takes the input's shape. */
export const reshape: GradientRule = (c) => [reshapeTo(c.b, c.dy, c.dims(0))];

export const concat: GradientRule = (c) => {
  const axis = axisOf(intOf(c.node, 'axis', 0), c.dims(0).length);
  const sizes = c.node.inputs.map((_, i) => at(c.dims(i), axis));
  return c.b.ops('Split', sizes.length, [c.dy, c.b.integers(...sizes)], { axis });
};
