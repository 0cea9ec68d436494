import { UserError } from '../../core/errors.js';
import type { GraphBuilder } from '../builder.js';
import { opKey } from '../ops.js';
import type { ShapeContext } from '../shapes/index.js';
import type { Value } from '../types.js';
import type { Algebra } from './algebra.js';

/** What a gradient rule sees of a node. */
export interface GradientContext extends ShapeContext {
  /** Where the rule writes its nodes. */
  readonly b: GraphBuilder;
  /** Formulas over values of `b`. */
  readonly m: Algebra;
  /** Input i of the node. */
  x(input: number): Value;
  /** Output i of the node. An optional output that the node did not have is added to it. */
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

/** For operators whose outputs are steps or whole numbers, or that have no inputs that vary: nothing flows back. */
export const zero: GradientRule = () => [];

/** For operators that cannot be differentiated. */
export const noRule: GradientRule = (c) => {
  throw new UserError(`node ${c.node.name} (${opKey(c.node)}) has no gradient: second derivatives are not supported`);
};

/** An operator's own gradients by input, each computed only where it is needed. */
export function byInput(...formulas: readonly ((c: GradientContext) => Value | undefined)[]): GradientRule {
  return (c) => formulas.map((formula, i) => (c.needs(i) ? formula(c) : undefined));
}

/** The same for operators whose inputs broadcast: each gradient is summed to its input's shape. */
export function broadcasting(...formulas: readonly ((c: GradientContext) => Value)[]): GradientRule {
  return (c) => formulas.map((formula, i) => (c.needs(i) ? sumTo(c.b, formula(c), c.dims(i)) : undefined));
}

/** Throws where the loss depends on another output than the first. */
export function onlyFirstOutput(c: GradientContext): void {
  const other = c.node.outputs.findIndex((_, i) => i > 0 && c.dyOf(i) !== undefined);
  if (other > 0) throw new UserError(`node ${c.node.name} (${opKey(c.node)}) has no gradient for its output ${other}`);
}

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

/** Expand, left out where the shape is right already. */
export function expandTo(b: GraphBuilder, x: Value, dims: readonly number[]): Value {
  const from = b.dims(x);
  if (from.length === dims.length && from.every((d, i) => d === dims[i])) return x;
  return b.op('Expand', [x, b.integers(...dims)]);
}
