import { blended, decayed, type Optimizer } from 'onecycle';

/**
 * SGD by the sign of an average of gradients (signum, Bernstein et al. 2018): each parameter moves by the rate. The rule is a part of the
 * training graph; what changes from step to step is computed in `scalars` and fed.
 */
export function signum(beta = 0.9): Optimizer {
  return {
    name: 'signum',
    slots: ['m'], // kept for each parameter, in checkpoints too; zeros at first
    momentum: beta,
    fixedMomentum: true,
    scalars: (_step, momentum) => ({ rest: 1 - momentum }),
    update(b, x) {
      const m = blended(b, x.slot('m'), x.g, x.scalar('rest'));
      const step = b.op('Mul', [b.op('Sign', [m]), x.lr]);
      return { parameters: b.op('Sub', [decayed(b, x), step]), slots: { m } };
    },
  };
}
