import type { GraphBuilder } from '../builder.js';
import type { ShapeContext } from '../shapes/index.js';
import type { Value } from '../types.js';

/** What a gradient rule sees of a node. */
export interface GradientContext extends ShapeContext {
  /** Where the rule writes its nodes. */
  readonly b: GraphBuilder;
  /** Input i of the node. */
  x(input: number): Value;
  /** Output i of the node. */
  y(output?: number): Value;
  /** The gradient of the loss with regard to output 0. */
  readonly dy: Value;
  /** The gradient with regard to output i, undefined where the loss does not depend on it. */
  dyOf(output: number): Value | undefined;
  /** Whether input i needs a gradient: a rule leaves out the work where it does not. */
  needs(input: number): boolean;
}

/** Gives the gradient with regard to each input; undefined where there is none. */
export type GradientRule = (c: GradientContext) => readonly (Value | undefined)[];

/** Sums a gradient over the axes that broadcasting added or stretched, so that it has the shape `dims`. */
export function sumTo(b: GraphBuilder, g: Value, dims: readonly number[]): Value {
  const from = b.dims(g);
  const lead = from.length - dims.length;
  const axes = from.flatMap((d, i) => (i < lead || (d !== 1 && dims[i - lead] === 1) ? [i] : []));
  const summed = axes.length === 0 ? g : b.op('ReduceSum', [g, b.integers(...axes)], { keepdims: 1 });
  return reshapeTo(b, summed, dims);
}

/** Reshape, left out where the shape is right already. */
export function reshapeTo(b: GraphBuilder, x: Value, dims: readonly number[]): Value {
  const from = b.dims(x);
  if (from.length === dims.length && from.every((d, i) => d === dims[i])) return x;
  return b.op('Reshape', [x, b.integers(...dims)]);
}
