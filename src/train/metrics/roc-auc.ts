import type { Metric } from './metric.js';
import { fromTheTop, type Ranked, type RankingOptions, rankingMetric } from './ranking.js';

/**
 * Area under the receiver operating characteristic, one class against all others. NaN if a class has no pictures, or nothing but its
 * own: there is nothing to tell apart then.
 */
export function rocAuc(options: RankingOptions = {}): Metric {
  return rankingMetric('roc_auc', area, options);
}

function area(ranked: Ranked): number {
  let sum = 0;
  let right = 0;
  let wrong = 0;
  fromTheTop(ranked, (tp, fp) => {
    sum += ((fp - wrong) * (tp + right)) / 2;
    right = tp;
    wrong = fp;
  });
  return sum / (right * wrong);
}
