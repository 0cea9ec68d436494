import { linePlot, type Plot } from '../display/index.js';
import { thinned } from '../train/plots/index.js';
import type { RunFacts } from './run-facts.js';
import { firstMetric } from './run-score.js';

/** Curves of several runs over one another; those for which no run has anything to show are left out. */
export function runsPlots(runs: readonly RunFacts[]): Plot[] {
  const metric = runs.map(firstMetric).find((name) => name !== undefined);
  const plots = [
    byEpoch(runs, 'Validation loss', 'loss', ({ validLoss }) => validLoss),
    ...(metric === undefined ? [] : [byEpoch(runs, `Validation: ${metric}`, metric, ({ metrics }) => metrics[metric])]),
    byIteration(runs, 'Training loss (smoothed)', 'loss', ({ losses }) => losses),
    byIteration(runs, 'Learning rate', 'rate', ({ lrs }) => lrs),
  ];
  return plots.flatMap((plot) => (plot === undefined ? [] : [plot]));
}

function byEpoch(
  runs: readonly RunFacts[],
  title: string,
  axis: string,
  numberOf: (epoch: RunFacts['epochs'][number]) => number | undefined,
): Plot | undefined {
  const curves = runs.map(({ name, epochs }, i) => ({
    name,
    kind: 'points' as const,
    colour: i,
    points: epochs.flatMap((epoch, e): [number, number][] => {
      const value = numberOf(epoch);
      return value === undefined || Number.isNaN(value) ? [] : [[e + 1, value]];
    }),
  }));
  const most = Math.max(...curves.map(({ points }) => points.length));
  if (most === 0) return undefined;
  return linePlot({
    title,
    description: `${title} by epoch: ${curves.map(({ name, points }) => `${name} ${last(points)}`).join(', ')}`,
    x: { name: 'epoch', min: 1, max: Math.max(2, most), whole: true },
    y: { name: axis },
    curves,
  });
}

function byIteration(
  runs: readonly RunFacts[],
  title: string,
  axis: string,
  valuesOf: (run: RunFacts) => readonly number[],
): Plot | undefined {
  const curves = runs.map((run, i) => ({ name: run.name, colour: i, points: thinned(valuesOf(run)) }));
  const most = Math.max(...runs.map((run) => valuesOf(run).length));
  if (most === 0) return undefined;
  return linePlot({
    title,
    description: `${title} by iteration: ${curves.map(({ name, points }) => `${name} ${last(points)}`).join(', ')}`,
    x: { name: 'iteration', whole: true, min: 0, max: most },
    y: { name: axis, min: 0 },
    curves,
  });
}

function last(points: readonly (readonly [number, number])[]): string {
  const value = points.at(-1)?.[1];
  return value === undefined ? 'has none' : `${value.toPrecision(4)} at the end`;
}
