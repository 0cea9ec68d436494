import type { GraphBuilder } from '../graph/builder.js';
import type { Value } from '../graph/types.js';

export type OptimizerName = 'adamw' | 'sgd';

/** A step's settings, each a scalar input of the graph. */
export interface HyperInputs {
  readonly lr: Value;
  /** Decoupled weight decay; undefined for parameters that have none. */
  readonly weightDecay: Value | undefined;
  /** β₁ of AdamW, or the momentum of SGD. */
  readonly momentum: Value;
  readonly beta2: Value;
  /** 1 − β₁ᵗ and 1 − β₂ᵗ. */
  readonly correction1: Value;
  readonly correction2: Value;
}

export interface Updated {
  readonly parameters: Value;
  readonly moment1: Value;
  readonly moment2: Value | undefined;
}

/** p·(1 − lr·wd): decoupled decay (Loshchilov & Hutter 2017). */
function decayed(b: GraphBuilder, p: Value, h: HyperInputs): Value {
  if (h.weightDecay === undefined) return p;
  return b.op('Mul', [p, b.op('Sub', [b.scalar(1), b.op('Mul', [h.lr, h.weightDecay])])]);
}

/**
 * AdamW as PyTorch steps it (Loshchilov & Hutter 2017): p ← p·(1 − lr·wd) − lr/c₁·m/(√v/√c₂ + ε), written so that each
 * flat tensor is read as few times as ONNX allows.
 */
export function adamw(
  b: GraphBuilder,
  x: { p: Value; m: Value; v: Value; g: Value },
  h: HyperInputs,
  epsilon: number,
): Updated {
  const rest = (beta: Value) => b.op('Sub', [b.scalar(1), beta]);
  const m = b.op('Add', [x.m, b.op('Mul', [b.op('Sub', [x.g, x.m]), rest(h.momentum)])]);
  const v = b.op('Add', [x.v, b.op('Mul', [b.op('Sub', [b.op('Mul', [x.g, x.g]), x.v]), rest(h.beta2)])]);
  const root2 = b.op('Sqrt', [h.correction2]);
  const denominator = b.op('Add', [b.op('Sqrt', [v]), b.op('Mul', [root2, b.scalar(epsilon)])]);
  const rate = b.op('Div', [b.op('Mul', [h.lr, root2]), h.correction1]);
  const change = b.op('Mul', [b.op('Div', [m, denominator]), rate]);
  return { parameters: b.op('Sub', [decayed(b, x.p, h), change]), moment1: m, moment2: v };
}

/** SGD with momentum as PyTorch steps it (dampening 0), with decoupled decay: buf ← μ·buf + g; p ← p·(1 − lr·wd) − lr·buf. */
export function sgd(b: GraphBuilder, x: { p: Value; m: Value; g: Value }, h: HyperInputs): Updated {
  const m = b.op('Add', [b.op('Mul', [x.m, h.momentum]), x.g]);
  return {
    parameters: b.op('Sub', [decayed(b, x.p, h), b.op('Mul', [m, h.lr])]),
    moment1: m,
    moment2: undefined,
  };
}
