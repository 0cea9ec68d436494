import { UserError } from '../core/errors.js';
import type { GraphBuilder } from '../graph/builder.js';
import type { Value } from '../graph/types.js';

/** What an optimizer's rule reads in the graph, for one flat tensor of parameters. */
export interface UpdateInputs {
  /** Parameters and their gradient, [n]. */
  readonly p: Value;
  readonly g: Value;
  /** Shapes of the parameters that the flat tensor joins. */
  readonly shapes: readonly (readonly number[])[];
  /** Rate of the layer group, a scalar. */
  readonly lr: Value;
  /** Weight decay, a scalar; undefined for parameters that have none. */
  readonly weightDecay: Value | undefined;
  /** One of the optimizer's slots as the last step left it, [n]; zeros before the first. */
  slot(name: string): Value;
  /** A scalar that `scalars` gives. */
  scalar(name: string): Value;
}

export interface Updated {
  readonly parameters: Value;
  /** New values of every slot, by name. */
  readonly slots: Readonly<Record<string, Value>>;
}

/**
 * A rule that changes parameters by their gradients: a file of its own in `optimizers`, as a part of the training graph.
 *
 * What changes from step to step is computed outside, in `scalars`, and fed; the rule is compiled once.
 */
export interface Optimizer {
  readonly name: string;
  /** Tensors that it keeps for each tensor of parameters, such as `m` and `v`. */
  readonly slots: readonly string[];
  /** Momentum (β₁ of the Adam family), where no schedule moves it. */
  readonly momentum: number;
  /** Whether momentum was chosen: one cycle leaves it alone then. */
  readonly fixedMomentum: boolean;
  /** The numbers of step `t`, from 1, by name. */
  scalars(t: number, momentum: number): Readonly<Record<string, number>>;
  update(b: GraphBuilder, x: UpdateInputs): Updated;
}

/** p·(1 − lr·wd): decoupled decay (Loshchilov & Hutter 2017). */
export function decayed(b: GraphBuilder, x: UpdateInputs): Value {
  if (x.weightDecay === undefined) return x.p;
  return b.op('Mul', [x.p, b.op('Sub', [b.scalar(1), b.op('Mul', [x.lr, x.weightDecay])])]);
}

/** g + wd·p: the gradient of an L2 penalty added to the loss's. */
export function penalised(b: GraphBuilder, x: UpdateInputs): Value {
  if (x.weightDecay === undefined) return x.g;
  return b.op('Add', [x.g, b.op('Mul', [x.p, x.weightDecay])]);
}

/** Parameters and gradient after weight decay of either kind. */
export function withDecay(b: GraphBuilder, x: UpdateInputs, decoupled: boolean): { p: Value; g: Value } {
  return decoupled ? { p: decayed(b, x), g: x.g } : { p: x.p, g: penalised(b, x) };
}

/** a + share·(to − a): a moving average. */
export function blended(b: GraphBuilder, a: Value, to: Value, share: Value): Value {
  return b.op('Add', [a, b.op('Mul', [b.op('Sub', [to, a]), share])]);
}

/**
 * Checks an optimizer's coefficient, such as β₂: from 0 to below 1.
 *
 * @throws {UserError} naming it
 */
export function coefficient(optimizer: string, name: string, value: number): number {
  if (value >= 0 && value < 1) return value;
  throw new UserError(`${name} of ${optimizer} must be at least 0 and below 1, not ${value}`);
}

/** @throws {UserError} if a number, such as ε, is not positive */
export function positive(optimizer: string, name: string, value: number): number {
  if (value > 0 && Number.isFinite(value)) return value;
  throw new UserError(`${name} of ${optimizer} must be above 0, not ${value}`);
}
