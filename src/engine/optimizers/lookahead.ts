import { UserError } from '../../core/errors.js';
import type { Optimizer } from '../optimizer.js';
import { type RadamOptions, radam } from './radam.js';

export interface LookaheadOptions {
  /** Steps between two looks. Default 6. */
  readonly k?: number;
  /** How far the slow weights follow. Default 0.5. */
  readonly alpha?: number;
}

/**
 * Lookahead (Zhang et al. 2019) around another optimizer: every `k` steps slow weights go `alpha` of the way to the fast
 * ones, which then start from them again.
 *
 * @throws {UserError} if an option is no good
 */
export function lookahead(inner: Optimizer, options: LookaheadOptions = {}): Optimizer {
  const { k = 6, alpha = 0.5 } = options;
  if (!Number.isInteger(k) || k < 1)
    throw new UserError(`k of lookahead must be a whole number of at least 1, not ${k}`);
  if (!(alpha > 0 && alpha <= 1)) throw new UserError(`alpha of lookahead must be above 0 and at most 1, not ${alpha}`);
  return {
    ...inner,
    name: `lookahead(${inner.name})`,
    slots: [...inner.slots, 'slow'],
    scalars: (t, momentum) => ({ ...inner.scalars(t, momentum), first: t === 1 ? 1 : 0, look: t % k === 0 ? 1 : 0 }),
    update(b, x) {
      const fast = inner.update(b, x);
      const isOne = (name: string) => b.op('Greater', [x.scalar(name), b.scalar(0)]);
      // Slow weights start where the parameters did.
      const before = b.op('Where', [isOne('first'), x.p, x.slot('slow')]);
      const followed = b.op('Add', [before, b.op('Mul', [b.op('Sub', [fast.parameters, before]), b.scalar(alpha)])]);
      const look = isOne('look');
      return {
        parameters: b.op('Where', [look, followed, fast.parameters]),
        slots: { ...fast.slots, slow: b.op('Where', [look, followed, before]) },
      };
    },
  };
}

/** Ranger: RAdam inside Lookahead (Wright 2019), with fastai's defaults: β 0.95 and 0.99, ε 1e-6. */
export function ranger(options: RadamOptions & LookaheadOptions = {}): Optimizer {
  const { k, alpha, ...rest } = options;
  const inner = radam({ betas: [0.95, 0.99], eps: 1e-6, ...rest });
  const wrapped = lookahead(inner, { ...(k === undefined ? {} : { k }), ...(alpha === undefined ? {} : { alpha }) });
  return { ...wrapped, name: 'ranger', fixedMomentum: options.betas !== undefined };
}
