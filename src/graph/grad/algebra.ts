import type { GraphBuilder } from '../builder.js';
import type { Value } from '../types.js';

/** A value, or a number that stands for a float32 scalar. */
export type Term = Value | number;

/** Writes formulas: each method adds a node and gives its value. */
export class Algebra {
  constructor(readonly b: GraphBuilder) {}

  term(t: Term): Value {
    return typeof t === 'number' ? this.b.scalar(t) : t;
  }

  add = (x: Term, y: Term): Value => this.#op('Add', x, y);
  sub = (x: Term, y: Term): Value => this.#op('Sub', x, y);
  mul = (x: Term, y: Term): Value => this.#op('Mul', x, y);
  div = (x: Term, y: Term): Value => this.#op('Div', x, y);
  pow = (x: Term, y: Term): Value => this.#op('Pow', x, y);
  neg = (x: Value): Value => this.#op('Neg', x);
  exp = (x: Value): Value => this.#op('Exp', x);
  log = (x: Value): Value => this.#op('Log', x);
  sqrt = (x: Value): Value => this.#op('Sqrt', x);
  erf = (x: Value): Value => this.#op('Erf', x);
  tanh = (x: Value): Value => this.#op('Tanh', x);
  sign = (x: Value): Value => this.#op('Sign', x);
  sigmoid = (x: Value): Value => this.#op('Sigmoid', x);
  reciprocal = (x: Value): Value => this.#op('Reciprocal', x);
  square = (x: Value): Value => this.#op('Mul', x, x);
  where = (condition: Value, yes: Term, no: Term): Value => this.#op('Where', condition, yes, no);

  /** 1 where a comparison holds, 0 elsewhere. */
  is(comparison: 'Greater' | 'GreaterOrEqual' | 'Less' | 'LessOrEqual' | 'Equal', x: Term, y: Term): Value {
    return this.toFloat(this.#op(comparison, x, y));
  }

  toFloat = (x: Value): Value => (this.b.dtype(x) === 'float32' ? x : this.b.op('Cast', [x], { to: 1 }));

  /** Sum and mean over axes, which stay as ones. */
  sum = (x: Value, axes: readonly number[]): Value => this.#reduce('ReduceSum', x, axes);
  mean = (x: Value, axes: readonly number[]): Value => this.#reduce('ReduceMean', x, axes);

  /** Zeros of a shape, made at run time: they need no room in the file. */
  zeros(dims: readonly number[]): Value {
    return this.b.op('Expand', [this.b.scalar(0), this.b.integers(...dims)]);
  }

  #reduce(op: string, x: Value, axes: readonly number[]): Value {
    return axes.length === 0 ? x : this.b.op(op, [x, this.b.integers(...axes)], { keepdims: 1 });
  }

  #op(op: string, ...terms: readonly Term[]): Value {
    return this.b.op(
      op,
      terms.map((t) => this.term(t)),
    );
  }
}
