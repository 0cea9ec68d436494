import type { Task } from '../../core/task.js';
import type { Loss } from '../loss.js';
import { binaryCrossEntropy } from './binary-cross-entropy.js';
import { crossEntropy } from './cross-entropy.js';
import { mseLoss } from './mse.js';

/** The loss that a task has where none is chosen, as fastai has it. */
export function defaultLoss(task: Task): Loss {
  switch (task) {
    case 'single-label':
      return crossEntropy();
    case 'multi-label':
      return binaryCrossEntropy();
    case 'regression':
      return mseLoss();
  }
}
