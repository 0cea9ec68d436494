import type { GraphBuilder } from '../../graph/builder.js';
import type { Value } from '../../graph/types.js';
import { joined, pieces } from '../layout.js';
import type { Optimizer, UpdateInputs } from '../optimizer.js';
import { type AdamOptions, adamSettings, moments } from './adam.js';

export interface LambOptions extends AdamOptions {
  /** Whether parameters without weight decay, such as biases and norms, have their steps scaled, too. Default false, as in timm. */
  readonly alwaysAdapt?: boolean;
  /** Whether steps are only ever made smaller. Default false. */
  readonly trustClip?: boolean;
}

/**
 * LAMB (You et al. 2019), for large batches: Adam's step with weight decay in it, scaled for each parameter to the
 * parameter's own norm. As timm steps it, but without its clipping of the gradient: clip by `gradientClip` if you wish.
 */
export function lamb(options: LambOptions = {}): Optimizer {
  const { momentum, fixedMomentum, beta2, eps } = adamSettings('lamb', options, 1e-6);
  const { alwaysAdapt = false, trustClip = false } = options;
  return {
    name: 'lamb',
    slots: ['m', 'v'],
    momentum,
    fixedMomentum,
    scalars: (t, beta1) => {
      const root2 = Math.sqrt(1 - beta2 ** t);
      return { rest1: 1 - beta1, floor: root2 * eps, unbias: root2 / (1 - beta1 ** t) };
    },
    update(b, x) {
      const { m, v } = moments(b, x, x.g, beta2);
      const denominator = b.op('Add', [b.op('Sqrt', [v]), x.scalar('floor')]);
      let change = b.op('Mul', [b.op('Div', [m, denominator]), x.scalar('unbias')]);
      if (x.weightDecay !== undefined) change = b.op('Add', [change, b.op('Mul', [x.p, x.weightDecay])]);
      if (alwaysAdapt || x.weightDecay !== undefined) change = trusted(b, x, change, trustClip);
      return { parameters: b.op('Sub', [x.p, b.op('Mul', [change, x.lr])]), slots: { m, v } };
    },
  };
}

/** Each parameter's change times ‖p‖/‖change‖, or as it is where one of them is zero. */
function trusted(b: GraphBuilder, x: UpdateInputs, change: Value, clip: boolean): Value {
  const parts = pieces(b, x.p, x.shapes);
  const zero = b.scalar(0);
  const one = b.scalar(1);
  const scaled = pieces(b, change, x.shapes).map((part, i) => {
    const own = b.op('ReduceL2', [parts[i] ?? ''], { keepdims: 0 });
    const step = b.op('ReduceL2', [part], { keepdims: 0 });
    const both = b.op('Greater', [b.op('Min', [own, step]), zero]);
    const ratio = b.op('Where', [both, b.op('Div', [own, step]), one]);
    return b.op('Mul', [part, clip ? b.op('Min', [ratio, one]) : ratio]);
  });
  return joined(b, scaled);
}
