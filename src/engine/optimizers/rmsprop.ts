import { blended, coefficient, type Optimizer, positive, withDecay } from '../optimizer.js';

export interface RmspropOptions {
  /** Of the moving average of the squared gradient. Default 0.99. */
  readonly alpha?: number;
  /** Momentum of the steps; none by default. Once given, it stays. */
  readonly momentum?: number;
  /** Whether the gradient's variance is taken, not its second moment (Graves 2013). Default false. */
  readonly centered?: boolean;
  /** ε, added to the root. Default 1e-8. */
  readonly eps?: number;
  /** Whether weight decay shrinks the weights themselves; otherwise it is an L2 penalty, as in PyTorch. Default true. */
  readonly decoupled?: boolean;
}

/** RMSprop as PyTorch steps it (Hinton 2012): v ← α·v + (1 − α)·g²; p ← p − lr·g/(√v + ε), through momentum if there is any. */
export function rmsprop(options: RmspropOptions = {}): Optimizer {
  const { centered = false, decoupled = true } = options;
  const alpha = coefficient('rmsprop', 'alpha', options.alpha ?? 0.99);
  const momentum = coefficient('rmsprop', 'momentum', options.momentum ?? 0);
  const eps = positive('rmsprop', 'ε', options.eps ?? 1e-8);
  return {
    name: 'rmsprop',
    slots: ['v', ...(centered ? ['mean'] : []), ...(momentum > 0 ? ['m'] : [])],
    momentum,
    fixedMomentum: true,
    scalars: (_t, mu) => (momentum > 0 ? { momentum: mu } : {}),
    update(b, x) {
      const { p, g } = withDecay(b, x, decoupled);
      const rest = b.scalar(1 - alpha);
      const v = blended(b, x.slot('v'), b.op('Mul', [g, g]), rest);
      const mean = centered ? blended(b, x.slot('mean'), g, rest) : undefined;
      // Rounding may carry a variance below zero.
      const spread = mean === undefined ? v : b.op('Relu', [b.op('Sub', [v, b.op('Mul', [mean, mean])])]);
      const direction = b.op('Div', [g, b.op('Add', [b.op('Sqrt', [spread]), b.scalar(eps)])]);
      const m = momentum > 0 ? b.op('Add', [b.op('Mul', [x.slot('m'), x.scalar('momentum')]), direction]) : undefined;
      return {
        parameters: b.op('Sub', [p, b.op('Mul', [m ?? direction, x.lr])]),
        slots: { v, ...(mean === undefined ? {} : { mean }), ...(m === undefined ? {} : { m }) },
      };
    },
  };
}
