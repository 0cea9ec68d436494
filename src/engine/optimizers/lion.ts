import { blended, coefficient, decayed, type Optimizer } from '../optimizer.js';

export interface LionOptions {
  /** β₁ of the step's direction and β₂ of the average that is kept. Default [0.9, 0.99]; one cycle moves β₁ unless they are given. */
  readonly betas?: readonly [number, number];
}

/**
 * Lion (Chen et al. 2023): steps of one size, by sign(β₁·m + (1 − β₁)·g); decoupled decay. Its rates are three to ten times
 * lower than AdamW's, its weight decay as much higher.
 */
export function lion(options: LionOptions = {}): Optimizer {
  const [beta1, second] = options.betas ?? [0.9, 0.99];
  const beta2 = coefficient('lion', 'β₂', second);
  return {
    name: 'lion',
    slots: ['m'],
    momentum: coefficient('lion', 'β₁', beta1),
    fixedMomentum: options.betas !== undefined,
    scalars: (_t, beta) => ({ rest1: 1 - beta }),
    update(b, x) {
      const direction = b.op('Sign', [blended(b, x.slot('m'), x.g, x.scalar('rest1'))]);
      return {
        parameters: b.op('Sub', [decayed(b, x), b.op('Mul', [direction, x.lr])]),
        slots: { m: blended(b, x.slot('m'), x.g, b.scalar(1 - beta2)) },
      };
    },
  };
}
