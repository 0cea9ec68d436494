import { UserError } from '../../core/errors.js';
import { confusionCounts, margins } from './confusion.js';
import { type Metric, named, SINGLE, singleLabels } from './metric.js';

export interface KappaOptions {
  /** How much a mistake weighs by the distance of the classes' indices, for classes with an order. Default `none`: all the same. */
  readonly weights?: 'none' | 'linear' | 'quadratic';
}

/** Agreement beyond chance (Cohen 1960, weighted 1968). NaN if all pictures have and are given the same class. */
export function cohenKappa({ weights = 'none' }: KappaOptions = {}): Metric {
  if (!['none', 'linear', 'quadratic'].includes(weights)) {
    throw new UserError(`weights (of cohenKappa) must be none, linear or quadratic, not ${JSON.stringify(weights)}`);
  }
  const name = weights === 'none' ? 'cohen_kappa' : `cohen_kappa_${weights}`;
  const cost = (distance: number) => {
    if (weights === 'none') return distance === 0 ? 0 : 1;
    return weights === 'linear' ? distance : distance * distance;
  };
  return named(
    name,
    (preds, targets) => {
      const counts = confusionCounts(preds, singleLabels(name, preds, targets));
      const { rows, columns } = margins(counts, preds.classes);
      let observed = 0;
      let expected = 0;
      counts.forEach((count, at) => {
        const row = Math.floor(at / preds.classes);
        const column = at % preds.classes;
        const w = cost(Math.abs(row - column));
        observed += w * count;
        expected += (w * (rows[row] ?? 0) * (columns[column] ?? 0)) / preds.n;
      });
      return 1 - observed / expected;
    },
    { tasks: SINGLE },
  );
}
