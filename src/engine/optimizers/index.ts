/** The optimizers, one file each; a new one needs its file and its line here. */
import type { Optimizer } from '../optimizer.js';
import { adam, adamw } from './adam.js';
import { lamb } from './lamb.js';
import { lion } from './lion.js';
import { ranger } from './lookahead.js';
import { radam } from './radam.js';
import { rmsprop } from './rmsprop.js';
import { sgd } from './sgd.js';

export { type AdamOptions, adam, adamw } from './adam.js';
export { type LambOptions, lamb } from './lamb.js';
export { type LionOptions, lion } from './lion.js';
export { type LookaheadOptions, lookahead, ranger } from './lookahead.js';
export { type RadamOptions, radam } from './radam.js';
export { type RmspropOptions, rmsprop } from './rmsprop.js';
export { type SgdOptions, sgd } from './sgd.js';

/** Optimizers with their defaults, by name. */
export const OPTIMIZERS = { adam, adamw, lamb, lion, radam, ranger, rmsprop, sgd } as const;
export type OptimizerName = keyof typeof OPTIMIZERS;

/** An optimizer by name, with its defaults but for momentum (β₁ of the Adam family), which then stays as it is. */
export function optimizerWith(name: OptimizerName, momentum?: number): Optimizer {
  if (momentum === undefined) return OPTIMIZERS[name]();
  if (name === 'sgd' || name === 'rmsprop') return OPTIMIZERS[name]({ momentum });
  return OPTIMIZERS[name]({ betas: [momentum, 0.99] });
}
