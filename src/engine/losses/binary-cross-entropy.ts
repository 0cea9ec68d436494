import type { GraphBuilder } from '../../graph/builder.js';
import type { Value } from '../../graph/types.js';
import type { Loss, LossInputs } from '../loss.js';
import { type ClassWeights, checkSmoothing, checkWeights, classRow, meanOverClasses } from './options.js';

export interface BinaryCrossEntropyOptions {
  /** Share by which each target is drawn to ½. Default 0. */
  readonly labelSmoothing?: number;
  /** How much each class counts. Default: all 1. */
  readonly classWeights?: ClassWeights;
  /** How much a yes counts against a no, of each class: above 1 for more recall, below for more precision. Default: all 1. */
  readonly posWeight?: ClassWeights;
}

/**
 * Cross-entropy of a sigmoid for each class, in nats, the mean over pictures and classes, as PyTorch's BCEWithLogitsLoss: for pictures that
 * may have several labels.
 */
export function binaryCrossEntropy(options: BinaryCrossEntropyOptions = {}): Loss {
  const { labelSmoothing = 0, classWeights, posWeight } = options;
  const name = 'binaryCrossEntropy';
  checkSmoothing(name, labelSmoothing);
  return {
    name: 'binary_cross_entropy',
    tasks: ['multi-label'],
    check(_task, classes) {
      if (classWeights !== undefined) checkWeights(name, 'classWeights', classWeights, classes);
      if (posWeight !== undefined) checkWeights(name, 'posWeight', posWeight, classes);
    },
    each(b, x) {
      const targets =
        labelSmoothing === 0
          ? x.targets
          : b.op('Add', [b.op('Mul', [x.targets, b.scalar(1 - labelSmoothing)]), b.scalar(labelSmoothing / 2)]);
      const entropy = sigmoidEntropy(b, { ...x, targets }, posWeight);
      const weighed = classWeights === undefined ? entropy : b.op('Mul', [entropy, classRow(b, classWeights)]);
      return { loss: meanOverClasses(b, weighed) };
    },
  };
}

/** −t·log σ(z) − (1 − t)·log(1 − σ(z)) = (1 − t)·z + log(1 + e⁻ᶻ), or with weights of yes (1 − t)·z + (1 + (w − 1)·t)·log(1 + e⁻ᶻ). */
export function sigmoidEntropy(
  b: GraphBuilder,
  { outputs: z, targets: t }: LossInputs,
  posWeight?: ClassWeights,
): Value {
  const soft = b.op('Softplus', [b.op('Neg', [z])]);
  const rest = b.op('Mul', [b.op('Sub', [b.scalar(1), t]), z]);
  if (posWeight === undefined) return b.op('Add', [rest, soft]);
  const extra = classRow(
    b,
    Array.from(posWeight, (w) => w - 1),
  );
  return b.op('Add', [rest, b.op('Mul', [b.op('Add', [b.op('Mul', [t, extra]), b.scalar(1)]), soft])]);
}
