import { linePlot, type Plot } from '../../display/index.js';
import type { History } from '../recorder.js';

/** Metrics on the validation set after each epoch of all fits, counted from 1. */
export function metricsPlot({ epochs }: Pick<History, 'epochs'>, options: { readonly title?: string } = {}): Plot {
  const names = [...new Set(epochs.flatMap(({ metrics }) => Object.keys(metrics)))];
  const values = epochs.flatMap(({ metrics }) => Object.values(metrics)).filter(Number.isFinite);
  // Most are shares, and 1 is the best there is.
  const shares = values.length > 0 && values.every((value) => value >= 0 && value <= 1) && Math.max(...values) > 0.5;
  const last = names.flatMap((name) => {
    const value = epochs.at(-1)?.metrics[name];
    return value === undefined || Number.isNaN(value) ? [] : [`${name} ${value.toPrecision(4)}`];
  });
  return linePlot({
    title: options.title ?? 'Metrics',
    description: `Metrics after each of ${epochs.length} epochs${last.length === 0 ? '' : `, at the end ${last.join(', ')}`}`,
    x: { name: 'epoch', min: 1, max: Math.max(2, epochs.length), whole: true },
    y: { name: names.length === 1 ? (names[0] ?? '') : 'metric', ...(shares ? { max: 1 } : {}) },
    curves: names.map((name, i) => ({
      name,
      kind: 'points',
      colour: i,
      points: epochs.flatMap(({ metrics }, e): [number, number][] => {
        const value = metrics[name];
        return value === undefined ? [] : [[e + 1, value]];
      }),
    })),
  });
}
