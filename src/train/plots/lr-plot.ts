import { linePlot, type Plot } from '../../display/index.js';
import type { History } from '../recorder.js';
import { thinned } from './thinned.js';

export interface LrPlotOptions {
  readonly title?: string | undefined;
  /** Whether momentum (β₁ of AdamW) is drawn, too, on an axis of its own. Default false. */
  readonly showMomentum?: boolean | undefined;
}

/** The last layer group's rate by iteration. */
export function lrPlot({ lrs, moms }: History, options: LrPlotOptions = {}): Plot {
  const { showMomentum = false } = options;
  const highest = lrs.reduce((a, b) => Math.max(a, b), 0);
  const [momentum = 0] = moms;
  // One that never changes would have an axis beyond 1.
  const bounds = moms.every((m) => m === momentum) ? { min: momentum - 0.1, max: momentum + 0.1 } : {};
  return linePlot({
    title: options.title ?? (showMomentum ? 'Learning rate and momentum' : 'Learning rate'),
    description: `Learning rate over ${lrs.length} iterations, ${highest.toPrecision(3)} at its highest`,
    x: { name: 'iteration', whole: true, min: 0, max: Math.max(1, lrs.length) },
    y: { name: 'learning rate', min: 0 },
    ...(showMomentum ? { right: { name: 'momentum', ...bounds } } : {}),
    curves: [
      { name: 'learning rate', points: thinned(lrs), colour: 0 },
      ...(showMomentum ? [{ name: 'momentum', points: thinned(moms), colour: 'grey', right: true } as const] : []),
    ],
  });
}
