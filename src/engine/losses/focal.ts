import { UserError } from '../../core/errors.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { Value } from '../../graph/types.js';
import type { Loss, LossInputs } from '../loss.js';
import { sigmoidEntropy } from './binary-cross-entropy.js';
import { type ClassWeights, checkWeights, classRow, meanOverClasses, sumOverClasses } from './options.js';

export interface FocalOptions {
  /** How strongly what is easy counts less; 0 for cross-entropy. Default 2. */
  readonly gamma?: number;
  /**
   * A weight for each class; or a number: how much a yes counts, a no 1 less that, where pictures may have several labels, and the second of
   * two classes otherwise. Default: 0.25 with several labels, as torchvision has it, otherwise none.
   */
  readonly alpha?: number | ClassWeights;
}

/** Focal loss (Lin et al. 2017): cross-entropy that counts less the more sure the network is, −α·(1 − p)^γ·log p, p of what is true. */
export function focal({ gamma = 2, alpha }: FocalOptions = {}): Loss {
  if (!(gamma >= 0 && Number.isFinite(gamma))) {
    throw new UserError(`gamma (of focal) must be a number of at least 0, not ${gamma}`);
  }
  if (typeof alpha === 'number' && !(alpha >= 0 && alpha <= 1)) {
    throw new UserError(`alpha (of focal) must be from 0 to 1, or a number for each class, not ${alpha}`);
  }
  return {
    name: 'focal',
    tasks: ['single-label', 'multi-label'],
    check(task, classes) {
      if (alpha !== undefined && typeof alpha !== 'number') checkWeights('focal', 'alpha', alpha, classes);
      if (typeof alpha === 'number' && task === 'single-label' && classes !== 2) {
        throw new UserError(`alpha (of focal) must be a list with a number for each of the ${classes} classes`);
      }
    },
    each: (b, x) => (x.task === 'multi-label' ? { loss: ofSigmoid(b, x) } : { loss: ofSoftmax(b, x) }),
  };

  function ofSoftmax(b: GraphBuilder, { outputs, targets }: LossInputs): Value {
    const logp = b.op('LogSoftmax', [outputs], { axis: 1 });
    const entropy = b.op('Neg', [b.op('Mul', [targets, logp])]);
    const focused = b.op('Mul', [entropy, hardness(b, b.op('Exp', [logp]))]);
    const weights = typeof alpha === 'number' ? [1 - alpha, alpha] : alpha;
    return sumOverClasses(b, weights === undefined ? focused : b.op('Mul', [focused, classRow(b, weights)]));
  }

  function ofSigmoid(b: GraphBuilder, x: LossInputs): Value {
    const { outputs, targets: t } = x;
    const one = b.scalar(1);
    const mixed = (yes: Value, no: Value) =>
      b.op('Add', [b.op('Mul', [yes, t]), b.op('Mul', [no, b.op('Sub', [one, t])])]);
    const p = b.op('Sigmoid', [outputs]);
    const focused = b.op('Mul', [sigmoidEntropy(b, x), hardness(b, mixed(p, b.op('Sub', [one, p])))]);
    if (alpha !== undefined && typeof alpha !== 'number') {
      return meanOverClasses(b, b.op('Mul', [focused, classRow(b, alpha)]));
    }
    const a = alpha ?? 0.25;
    return meanOverClasses(b, b.op('Mul', [focused, mixed(b.scalar(a), b.scalar(1 - a))]));
  }

  /** (1 − p)^γ, held a little above 0, where the slope of its root is not finite. */
  function hardness(b: GraphBuilder, p: Value): Value {
    const rest = b.op('Max', [b.op('Sub', [b.scalar(1), p]), b.scalar(LEAST)]);
    return b.op('Pow', [rest, b.scalar(gamma)]);
  }
}

const LEAST = 1e-7;
