import type { Loss } from '../loss.js';
import { meanOverClasses } from './options.js';

/** Mean squared error over pictures and outputs. */
export function mseLoss(): Loss {
  return {
    name: 'mse',
    tasks: ['regression'],
    each(b, { outputs, targets }) {
      const d = b.op('Sub', [outputs, targets]);
      return { loss: meanOverClasses(b, b.op('Mul', [d, d])) };
    },
  };
}
