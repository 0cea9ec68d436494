/** The optimizers, one file each; a new one needs its file and its line here. */
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
