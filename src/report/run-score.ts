import { type Estimate, shareEstimate } from '../train/intervals/index.js';
import { isLowerBetter, metricByName } from '../train/metrics/index.js';
import type { RunFacts, RunScore } from './run-facts.js';

/**
 * A run's score on the validation pictures.
 *
 * @param metric default: the first that it was measured by
 */
export function scoreOf(run: RunFacts, metric = firstMetric(run)): RunScore | undefined {
  if (metric === undefined) return undefined;
  const values = run.epochs.flatMap(({ metrics }) => {
    const value = metrics[metric];
    return value === undefined || Number.isNaN(value) ? [] : [value];
  });
  const measured = run.results.find(({ split }) => split === 'valid');
  const now = values.at(-1);
  const last =
    measured?.plain[metric] ?? (now === undefined ? undefined : withInterval(metric, now, run.validPictures));
  if (last === undefined) return undefined;
  const best = values.length === 0 ? last.value : (isLowerBetter(metric) ? Math.min : Math.max)(...values);
  return { metric, best, last, tta: measured?.tta?.[metric] };
}

export function firstMetric({ epochs, results }: RunFacts): string | undefined {
  return Object.keys(results[0]?.plain ?? epochs.at(-1)?.metrics ?? {})[0];
}

/** Whether a metric is a share of pictures; those of one's own are taken for other numbers. */
export function isShare(metric: string): boolean {
  try {
    return metricByName(metric).isShare === true;
  } catch {
    return false;
  }
}

function withInterval(metric: string, value: number, n: number | undefined): Estimate {
  if (n !== undefined && n > 0 && isShare(metric)) return shareEstimate(value, n);
  return { value, low: Number.NaN, high: Number.NaN };
}
