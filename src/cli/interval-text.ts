import { percent } from '../report/table.js';
import type { Estimate } from '../train/intervals/index.js';

/** A metric with its 95 % interval, shares as percentages. */
export function intervalText({ value, low, high }: Estimate, isShare: boolean): string {
  const text = (x: number) => (isShare ? percent(x) : Number.isNaN(x) ? 'undefined' : x.toPrecision(4));
  return `${text(value)} (95 % interval ${text(low)} to ${text(high)})`;
}
