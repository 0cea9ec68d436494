import type { GraphBuilder } from '../../graph/builder.js';
import type { Value } from '../../graph/types.js';
import { blended, coefficient, type Optimizer, positive, type UpdateInputs, withDecay } from '../optimizer.js';

export interface AdamOptions {
  /** β₁ and β₂, of the moving averages of gradient and squared gradient. Default [0.9, 0.99]; one cycle moves β₁ unless they are given. */
  readonly betas?: readonly [number, number];
  /** ε, added to the root of the squared gradient. Default 1e-5, as fastai has it. */
  readonly eps?: number;
}

/** Checks what the optimizers of Adam's family share, and fills in the defaults. */
export function adamSettings(name: string, options: AdamOptions, eps = 1e-5) {
  const [beta1, beta2] = options.betas ?? [0.9, 0.99];
  return {
    momentum: coefficient(name, 'β₁', beta1),
    fixedMomentum: options.betas !== undefined,
    beta2: coefficient(name, 'β₂', beta2),
    eps: positive(name, 'ε', options.eps ?? eps),
  };
}

/** The moving averages of gradient and squared gradient; needs the scalar `rest1`, 1 − β₁. */
export function moments(b: GraphBuilder, x: UpdateInputs, g: Value, beta2: number): { m: Value; v: Value } {
  const m = blended(b, x.slot('m'), g, x.scalar('rest1'));
  const v = blended(b, x.slot('v'), b.op('Mul', [g, g]), b.scalar(1 - beta2));
  return { m, v };
}

/**
 * Adam as PyTorch steps it: p ← p − lr/c₁·m/(√v/√c₂ + ε), c = 1 − βᵗ, written so that each flat tensor is read as few times
 * as ONNX allows.
 */
function adamLike(name: string, options: AdamOptions, decoupled: boolean): Optimizer {
  const { momentum, fixedMomentum, beta2, eps } = adamSettings(name, options);
  return {
    name,
    slots: ['m', 'v'],
    momentum,
    fixedMomentum,
    scalars: (t, beta1) => {
      const root2 = Math.sqrt(1 - beta2 ** t);
      return { rest1: 1 - beta1, floor: root2 * eps, unbias: root2 / (1 - beta1 ** t) };
    },
    update(b, x) {
      const { p, g } = withDecay(b, x, decoupled);
      const { m, v } = moments(b, x, g, beta2);
      const denominator = b.op('Add', [b.op('Sqrt', [v]), x.scalar('floor')]);
      const rate = b.op('Mul', [x.lr, x.scalar('unbias')]);
      const change = b.op('Mul', [b.op('Div', [m, denominator]), rate]);
      return { parameters: b.op('Sub', [p, change]), slots: { m, v } };
    },
  };
}

/** Adam (Kingma & Ba 2014); weight decay is an L2 penalty, as in PyTorch. */
export function adam(options: AdamOptions = {}): Optimizer {
  return adamLike('adam', options, false);
}

/** AdamW (Loshchilov & Hutter 2017): Adam with decoupled weight decay. */
export function adamw(options: AdamOptions = {}): Optimizer {
  return adamLike('adamw', options, true);
}
