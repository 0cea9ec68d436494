import type { Metric, Predictions, Targets } from '../metrics/index.js';
import type { Estimate } from './index.js';
import { mcnemar } from './mcnemar.js';
import { percentiles, predictionsAt, resamples, targetsAt } from './resamples.js';

/** How much better or worse a second network is than a first, with a 95 % interval, and whether that is more than chance would make. */
export interface Difference extends Estimate {
  /** By the same pictures, or by two intervals, which tells less. */
  readonly by: 'pictures' | 'intervals';
  /** McNemar's, of metrics that are a share of pictures. */
  readonly p?: number;
  /** Whether networks that are equally good could differ as much, at 5 %. */
  readonly isNoise: boolean;
}

/**
 * The difference of two networks on the same pictures. Both see the same resamples, so that what is hard for both cancels out; shares
 * of pictures are judged by McNemar's test, others by the bootstrap's interval.
 *
 * @param seed decides the bootstrap's draws
 */
export function pairedDifference(
  metric: Metric,
  first: Predictions,
  second: Predictions,
  targets: Targets,
  seed = 0,
): Difference {
  const values: number[] = [];
  for (const drawn of resamples(first, seed)) {
    const truth = targetsAt(targets, drawn);
    values.push(metric(predictionsAt(second, drawn), truth) - metric(predictionsAt(first, drawn), truth));
  }
  const [low, high] = percentiles(values, 0.95);
  const value = metric(second, targets) - metric(first, targets);
  if (metric.isShare !== true) return { value, low, high, by: 'pictures', isNoise: !(low > 0 || high < 0) };
  const p = mcnemar(...disagreements(metric, first, second, targets));
  return { value, low, high, by: 'pictures', p, isNoise: p >= 0.05 };
}

/** Pictures of which the metric's condition holds in one network's predictions only. */
function disagreements(
  metric: Metric,
  first: Predictions,
  second: Predictions,
  targets: Targets,
): readonly [number, number] {
  const { n, classes } = first;
  const width = targets.length / n;
  let onlyFirst = 0;
  let onlySecond = 0;
  for (let i = 0; i < n; i++) {
    const truth = targets.slice(i * width, (i + 1) * width);
    const holds = ({ data }: Predictions) =>
      metric({ data: data.slice(i * classes, (i + 1) * classes), n: 1, classes }, truth) > 0.5;
    const [a, b] = [holds(first), holds(second)];
    if (a && !b) onlyFirst++;
    if (b && !a) onlySecond++;
  }
  return [onlyFirst, onlySecond];
}

/**
 * The difference of two numbers of which only the intervals are known, from pictures that need not be the same (Newcombe 1998, method
 * 10; Zou & Donner 2008 for numbers other than shares).
 */
export function unpairedDifference(first: Estimate, second: Estimate): Difference {
  const value = second.value - first.value;
  const low = value - Math.hypot(second.value - second.low, first.high - first.value);
  const high = value + Math.hypot(second.high - second.value, first.value - first.low);
  return { value, low, high, by: 'intervals', isNoise: !(low > 0 || high < 0) };
}
