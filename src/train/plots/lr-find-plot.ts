import { linePlot, type Mark, type Plot } from '../../display/index.js';
import type { LrFinding } from '../lr-finder.js';

export interface LrFindPlotOptions {
  readonly title?: string | undefined;
  /** The rate that training took, where it is not the suggestion. */
  readonly used?: number | undefined;
}

/**
 * The finder's curve: smoothed loss by rate on a logarithmic axis; the suggestion is marked, and the lowest point; others are points on the
 * curve with their names.
 */
export function lrFindPlot(finding: LrFinding, options: LrFindPlotOptions = {}): Plot {
  const { lrs, losses, suggestion, minimum, suggestions } = finding;
  const { used } = options;
  const low = losses.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  // The explosion at the end says nothing more, and would flatten all the rest.
  const high = losses.slice(0, losses.indexOf(low) + 1).reduce((a, b) => Math.max(a, b), low);
  const room = Math.max(1e-3, high - low);
  const from = lrs.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  // A curve of one point still needs an axis.
  const to = Math.max(lrs.at(-1) ?? 0, from * 10);
  const lossAt = (rate: number) => losses[lrs.findIndex((lr) => lr >= rate * (1 - 1e-9))] ?? losses.at(-1) ?? 0;
  const inside = Object.entries(suggestions).filter(([, rate]) => rate >= from && rate <= to);
  const mark = (name: string, at: number, colour: Mark['colour']): Mark => ({
    name: `${name} ${text(at)}`,
    at,
    colour,
  });
  return linePlot({
    title: options.title ?? 'Learning rate finder',
    description: `Loss by learning rate over ${lrs.length} steps: suggestion ${text(suggestion)}, lowest loss at ${text(minimum)}`,
    x: { name: 'learning rate', scale: 'log', min: from, max: to },
    y: {
      name: 'loss (smoothed)',
      min: Number((low - 0.1 * room).toPrecision(3)),
      max: Number((high + 0.5 * room).toPrecision(3)),
    },
    curves: [
      { name: 'loss', points: lrs.map((lr, i): [number, number] => [lr, losses[i] ?? 0]), colour: 0 },
      ...inside.map(([name, rate], i) => {
        return { name, points: [[rate, lossAt(rate)]] as const, kind: 'dots', colour: i + 2 } as const;
      }),
    ],
    marks: [
      ...(suggestion >= from ? [mark('suggestion', suggestion, 1)] : []),
      mark('lowest loss at', minimum, 'grey'),
      ...(used !== undefined && Math.abs(used / suggestion - 1) > 1e-6 ? [mark('used', used, 'ink')] : []),
    ],
  });
}

function text(rate: number): string {
  return rate.toExponential(2);
}
