import type { Difference, Estimate } from '../train/intervals/index.js';
import { isShare } from './run-score.js';

/** A metric's value: a share of pictures as a percentage. */
export function valueText(metric: string, value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '–';
  return isShare(metric) ? `${(100 * value).toFixed(1)} %` : String(Number(value.toPrecision(4)));
}

/** With its 95 % interval, if it has one. */
export function estimateText(metric: string, estimate: Estimate | undefined): string {
  if (estimate === undefined) return '–';
  const { value, low, high } = estimate;
  if (Number.isNaN(low) || Number.isNaN(high)) return valueText(metric, value);
  const bound = (x: number) => valueText(metric, x).replace(' %', '');
  return `${valueText(metric, value)} (${bound(low)} to ${bound(high)})`;
}

/** `+0.9 points (-0.4 to +2.2)`. */
export function differenceText(metric: string, { value, low, high }: Difference): string {
  const share = isShare(metric);
  const text = (x: number) =>
    `${x >= 0 ? '+' : '−'}${share ? (100 * Math.abs(x)).toFixed(1) : Number(Math.abs(x).toPrecision(3))}`;
  const interval = Number.isNaN(low) ? '' : ` (${text(low)} to ${text(high)})`;
  return `${text(value)}${share ? ' points' : ''}${interval}`;
}

/** Whether a difference is more than chance would make, and how that is known. */
export function verdictText({ isNoise, by, p, low }: Difference, isBetter: boolean): string {
  const how = by === 'pictures' ? 'picture by picture' : 'by intervals';
  if (Number.isNaN(low) && p === undefined) return 'not known';
  const certainty = p === undefined ? how : `p ${p < 0.001 ? 'below 0.001' : `= ${p.toFixed(3)}`}, ${how}`;
  return `${isNoise ? 'within noise' : isBetter ? 'better' : 'worse'} (${certainty})`;
}
