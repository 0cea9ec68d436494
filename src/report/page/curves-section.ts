import { lossesPlot, lrPlot, metricsPlot } from '../../train/plots/index.js';
import type { Section } from './document.js';
import { figures } from './figure.js';
import type { RunReport } from './run-report.js';

/** Losses, metrics and rates over the run. */
export function curvesSection({ history }: RunReport): Section | undefined {
  if (history === undefined || history.losses.length === 0) return undefined;
  const hasMetrics = history.epochs.some(({ metrics }) => Object.keys(metrics).length > 0);
  return {
    id: 'curves',
    title: 'Curves',
    body: figures([
      lossesPlot(history),
      ...(hasMetrics ? [metricsPlot(history, { title: 'Metrics on the validation set' })] : []),
      lrPlot(history, { showMomentum: true }),
    ]),
  };
}
