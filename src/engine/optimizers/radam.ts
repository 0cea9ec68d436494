import { type Optimizer, withDecay } from '../optimizer.js';
import { type AdamOptions, adamSettings, moments } from './adam.js';

export interface RadamOptions extends AdamOptions {
  /** Whether weight decay shrinks the weights themselves; otherwise it is an L2 penalty. Default true. */
  readonly decoupled?: boolean;
}

/**
 * Rectified Adam as PyTorch steps it (Liu et al. 2019): momentum alone while too few gradients have been seen for their
 * variance to be known, then Adam with a rate that grows with how well it is known.
 */
export function radam(options: RadamOptions = {}): Optimizer {
  const { momentum, fixedMomentum, beta2, eps } = adamSettings('radam', options);
  const { decoupled = true } = options;
  const longest = 2 / (1 - beta2) - 1;
  return {
    name: 'radam',
    slots: ['m', 'v'],
    momentum,
    fixedMomentum,
    scalars: (t, beta1) => {
      const c2 = 1 - beta2 ** t;
      const length = longest - (2 * t * beta2 ** t) / c2;
      const common = { rest1: 1 - beta1, unbias: 1 / (1 - beta1 ** t) };
      // The denominator is 1 while the variance is not known.
      if (length <= 5) return { ...common, adaptive: 0, floor: 1 };
      const rectified = Math.sqrt(((length - 4) * (length - 2) * longest) / ((longest - 4) * (longest - 2) * length));
      return { rest1: 1 - beta1, unbias: (rectified * Math.sqrt(c2)) / (1 - beta1 ** t), adaptive: 1, floor: eps };
    },
    update(b, x) {
      const { p, g } = withDecay(b, x, decoupled);
      const { m, v } = moments(b, x, g, beta2);
      const denominator = b.op('Add', [b.op('Mul', [b.op('Sqrt', [v]), x.scalar('adaptive')]), x.scalar('floor')]);
      const rate = b.op('Mul', [x.lr, x.scalar('unbias')]);
      const change = b.op('Mul', [b.op('Div', [m, denominator]), rate]);
      return { parameters: b.op('Sub', [p, change]), slots: { m, v } };
    },
  };
}
