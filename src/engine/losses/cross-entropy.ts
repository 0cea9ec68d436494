import type { Loss } from '../loss.js';
import { type ClassWeights, checkSmoothing, checkWeights, classRow, sumOverClasses } from './options.js';

export interface CrossEntropyOptions {
  /** Share of each target that is spread evenly over all classes (Szegedy et al. 2016). Default 0. */
  readonly labelSmoothing?: number;
  /** How much pictures of each class count, such as `classWeights(data)`; the mean is divided by what they count. Default: all 1. */
  readonly classWeights?: ClassWeights;
}

/**
 * Cross-entropy of softmax, in nats, as PyTorch's: −Σ w·s·log p / Σ w·t with the smoothed target s = (1 − ε)·t + ε/C. Targets may be
 * mixed; where they are and classes have weights, PyTorch divides by the number of pictures instead.
 */
export function crossEntropy({ labelSmoothing = 0, classWeights }: CrossEntropyOptions = {}): Loss {
  checkSmoothing('crossEntropy', labelSmoothing);
  return {
    name: 'cross_entropy',
    tasks: ['single-label'],
    check(_task, classes) {
      if (classWeights !== undefined) checkWeights('crossEntropy', 'classWeights', classWeights, classes);
    },
    each(b, { outputs, targets }) {
      const classes = b.dims(outputs)[1] ?? 1;
      const w = classWeights === undefined ? undefined : classRow(b, classWeights);
      const weighed = (x: string) => (w === undefined ? x : b.op('Mul', [x, w]));
      const smoothed =
        labelSmoothing === 0
          ? targets
          : b.op('Add', [b.op('Mul', [targets, b.scalar(1 - labelSmoothing)]), b.scalar(labelSmoothing / classes)]);
      const logp = b.op('LogSoftmax', [outputs], { axis: 1 });
      return {
        loss: b.op('Neg', [sumOverClasses(b, b.op('Mul', [logp, weighed(smoothed)]))]),
        ...(w === undefined ? {} : { weight: sumOverClasses(b, weighed(targets)) }),
      };
    },
  };
}
