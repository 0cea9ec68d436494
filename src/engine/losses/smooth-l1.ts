import type { Loss } from '../loss.js';
import { huberMean } from './huber.js';
import { checkPositive } from './options.js';

/**
 * Smooth L1 (Girshick 2015): Huber's loss divided by its bound, so that the line has slope 1.
 *
 * @param options.beta in the targets' unit; default 1
 */
export function smoothL1({ beta = 1 }: { readonly beta?: number } = {}): Loss {
  checkPositive('smoothL1', 'beta', beta);
  return {
    name: 'smooth_l1',
    tasks: ['regression'],
    each: (b, x) => ({ loss: b.op('Div', [huberMean(b, x, beta), b.scalar(beta)]) }),
  };
}
