import { coefficient, type Optimizer, withDecay } from '../optimizer.js';

export interface SgdOptions {
  /** μ: share of the last step's direction that goes on. Default 0.9; one cycle moves it unless it is given. */
  readonly momentum?: number;
  /** Whether the gradient is looked at where momentum will have led (Nesterov 1983). Default false. */
  readonly nesterov?: boolean;
  /** Whether weight decay shrinks the weights themselves; otherwise it is an L2 penalty, as in PyTorch. Default true. */
  readonly decoupled?: boolean;
}

/** Stochastic gradient descent as PyTorch steps it, dampening 0: m ← μ·m + g; p ← p − lr·m, or − lr·(g + μ·m) by Nesterov. */
export function sgd(options: SgdOptions = {}): Optimizer {
  const { nesterov = false, decoupled = true } = options;
  const momentum = coefficient('sgd', 'momentum', options.momentum ?? 0.9);
  return {
    name: 'sgd',
    slots: ['m'],
    momentum,
    fixedMomentum: options.momentum !== undefined,
    scalars: (_t, mu) => ({ momentum: mu }),
    update(b, x) {
      const { p, g } = withDecay(b, x, decoupled);
      const mu = x.scalar('momentum');
      const m = b.op('Add', [b.op('Mul', [x.slot('m'), mu]), g]);
      const direction = nesterov ? b.op('Add', [g, b.op('Mul', [m, mu])]) : m;
      return { parameters: b.op('Sub', [p, b.op('Mul', [direction, x.lr])]), slots: { m } };
    },
  };
}
