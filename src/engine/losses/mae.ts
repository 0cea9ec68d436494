import type { Loss } from '../loss.js';
import { meanOverClasses } from './options.js';

/** Mean absolute error over pictures and outputs, PyTorch's L1Loss. */
export function maeLoss(): Loss {
  return {
    name: 'mae',
    tasks: ['regression'],
    each: (b, { outputs, targets }) => ({
      loss: meanOverClasses(b, b.op('Abs', [b.op('Sub', [outputs, targets])])),
    }),
  };
}
