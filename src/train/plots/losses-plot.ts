import { linePlot, type Plot } from '../../display/index.js';
import type { History } from '../recorder.js';
import { thinned } from './thinned.js';

/** Training: smoothed training loss by iteration, validation loss where epochs end, the rate on an axis of its own. */
export function lossesPlot(history: History, options: { readonly title?: string } = {}): Plot {
  const { losses, lrs, epochs, epochEnds } = history;
  const valid = epochs.flatMap(({ validLoss }, i): [number, number][] =>
    validLoss === undefined ? [] : [[epochEnds[i] ?? 0, validLoss]],
  );
  const last = valid.at(-1);
  const told = (what: string, value: number | undefined) =>
    value === undefined || Number.isNaN(value) ? '' : `, ${what} ${value.toPrecision(4)} at the end`;
  return linePlot({
    title: options.title ?? 'Losses',
    description: `Losses over ${losses.length} iterations${told('training loss', losses.at(-1))}${told('validation loss', last?.[1])}`,
    x: { name: 'iteration', whole: true, min: 0, max: Math.max(1, losses.length) },
    y: { name: 'loss', min: 0 },
    right: { name: 'learning rate', min: 0 },
    curves: [
      { name: 'training loss (smoothed)', points: thinned(losses), colour: 0 },
      { name: 'validation loss', points: valid, kind: 'points', colour: 1 },
      { name: 'learning rate', points: thinned(lrs), colour: 'grey', right: true },
    ],
  });
}
