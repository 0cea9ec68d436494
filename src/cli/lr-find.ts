import { cnnLearner } from '../cnn-learner.js';
import type { Architecture } from '../nn/architecture.js';
import { rateText } from '../report/index.js';
import { savePlot } from '../save-plot.js';
import type { Callback, TrainingState } from '../train/callback.js';
import type { LrFinding } from '../train/lr-finder.js';
import { lrFindPlot } from '../train/plots/index.js';
import { dataProgress } from './data-progress.js';
import type { FinderOptions } from './lr-find-command.js';
import { objectiveOf } from './objective.js';
import { openTraining } from './open-training.js';
import { ProgressLine } from './progress-line.js';
import { StopSignal } from './stop-signal.js';
import type { TrainOptions } from './train-options.js';
import { learnerOptionsOf } from './training-parts.js';

/** Columns of plots at most: wider ones say no more. */
const WIDEST = 100;

/** Runs the finder alone, and prints what it found; gives the exit code. */
export async function lrFind(options: TrainOptions, arch: Architecture, o: FinderOptions): Promise<number> {
  const line = new ProgressLine(!o.quiet);
  const { onData, onDownload } = dataProgress(line);
  try {
    const data = await openTraining(options, arch, { onProgress: onData });
    try {
      const learner = await cnnLearner(data, arch, {
        ...objectiveOf(data, options),
        ...learnerOptionsOf(options),
        onDownload,
        callbacks: [new Shown(line)],
      });
      const stop = new StopSignal(() => learner.stop());
      try {
        if (o.unfrozen) learner.unfreeze();
        const found = await learner.lrFind({ startLr: o.startLr, endLr: o.endLr, numIt: o.numIt });
        line.clear();
        if (stop.signal.aborted) return stop.exitCode;
        await tell(found, o);
        return 0;
      } finally {
        stop.dispose();
        await learner.close();
      }
    } finally {
      await data.close();
    }
  } finally {
    line.clear();
  }
}

/** Shows how many of the rates are tried. */
class Shown implements Callback {
  constructor(private readonly line: ProgressLine) {}

  onBatchEnd({ iteration, iterations, smoothLoss }: TrainingState): void {
    const note = `loss ${smoothLoss.toFixed(4)}`;
    this.line.show({ label: 'trying rates', done: iteration + 1, total: iterations, note });
  }
}

async function tell(found: LrFinding, o: FinderOptions): Promise<void> {
  const plot = lrFindPlot(found, { title: `Learning rate finder, ${o.unfrozen ? 'all layers' : 'body frozen'}` });
  if (o.out !== undefined) await savePlot(plot, o.out);
  if (o.plot) {
    process.stdout.write(`${plot.text({ width: Math.min(process.stdout.columns ?? 80, WIDEST) })}\n`);
  }
  if (o.json) {
    process.stdout.write(
      `${JSON.stringify({ ...found, trained: o.unfrozen ? 'all layers' : 'head' }, undefined, 2)}\n`,
    );
    return;
  }
  const others = Object.entries({ edge: found.edge, minimum: found.minimum, steepest: found.steepest });
  const lines = [
    `suggested rate ${rateText(found.suggestion)}`,
    ...[...others, ...Object.entries(found.suggestions).filter(([name]) => name !== 'minimum')].map(
      ([name, rate]) => `  ${name.padEnd(9)} ${rateText(rate)}`,
    ),
    ...(o.out === undefined ? [] : [`the curve is in ${o.out}`]),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
