/** Losses, a file each. */
export { type BinaryCrossEntropyOptions, binaryCrossEntropy } from './binary-cross-entropy.js';
export { type CrossEntropyOptions, crossEntropy } from './cross-entropy.js';
export { defaultLoss } from './default-loss.js';
export { type FocalOptions, focal } from './focal.js';
export { huber } from './huber.js';
export { maeLoss } from './mae.js';
export { mseLoss } from './mse.js';
export type { ClassWeights } from './options.js';
export { smoothL1 } from './smooth-l1.js';
