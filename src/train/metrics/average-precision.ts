import type { Metric } from './metric.js';
import { fromTheTop, type RankingOptions, rankingMetric } from './ranking.js';

/** Precision averaged over the steps in which recall rises, one class against all others; 0 for a class without pictures. */
export function averagePrecision(options: RankingOptions = {}): Metric {
  return rankingMetric(
    'average_precision',
    (ranked) => {
      let sum = 0;
      let found = 0;
      fromTheTop(ranked, (tp, fp) => {
        sum += ((tp - found) * tp) / (tp + fp);
        found = tp;
      });
      return found === 0 ? 0 : sum / found;
    },
    options,
  );
}
