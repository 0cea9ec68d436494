import type { OnProgress, Skipped, Task } from '../data/index.js';
import type { Plot } from '../display/index.js';
import { EpochTable, rateText } from '../report/table.js';
import type { OnDownload } from '../runtime/download.js';
import type { Callback, EpochResult, SideWork, TrainingState } from '../train/callback.js';
import type { LrFinding } from '../train/lr-finder.js';
import type { Metric } from '../train/metrics/index.js';
import { lrFindPlot } from '../train/plots/index.js';
import type {
  Estimates,
  FittedStage,
  RecipeEpoch,
  RecipeHooks,
  RecipeProgress,
  RecipeResult,
  RecipeStage,
} from '../train/recipe.js';
import { dataProgress } from './data-progress.js';
import { intervalText } from './interval-text.js';
import { ProgressLine } from './progress-line.js';
import { TimeLeft } from './time-left.js';
import type { TrainOptions } from './train-options.js';

export interface ReporterOptions {
  /** Whether stages and tables are printed to standard output. */
  readonly talk: boolean;
  /** Whether progress is shown on standard error. */
  readonly progress: boolean;
  /** Whether curves are drawn, too. */
  readonly plot: boolean;
}

/** Columns of plots at most: wider ones say no more. */
const WIDEST = 100;

/** Shows a training run in words: headings, the table, a line of progress. */
export class TrainReporter implements Callback, RecipeHooks {
  readonly callbacks: readonly Callback[] = [this];
  readonly #line: ProgressLine;
  readonly onData: OnProgress;
  readonly onDownload: OnDownload;
  #table = new EpochTable([]);
  #shares: ReadonlySet<string> = new Set();
  #left = new TimeLeft();
  #stage: RecipeStage | undefined;
  #state: TrainingState | undefined;

  constructor(
    private readonly show: ReporterOptions,
    private readonly options: TrainOptions,
  ) {
    this.#line = new ProgressLine(show.progress);
    ({ onData: this.onData, onDownload: this.onDownload } = dataProgress(this.#line));
  }

  /** A line on standard output, unless told to be quiet. */
  say(text: string): void {
    if (this.show.talk) this.print(text);
  }

  print(text: string): void {
    this.#line.clear();
    process.stdout.write(`${text}\n`);
  }

  /** A line on standard error, always. */
  warn(text: string): void {
    this.#line.clear();
    process.stderr.write(`onecycle: ${text}\n`);
  }

  /** Draws a plot, if that is wished. */
  plot(plot: Plot): void {
    if (this.show.plot) this.say(`\n${plot.text({ width: Math.min(process.stdout.columns ?? 80, WIDEST) })}\n`);
  }

  end(): void {
    this.#line.clear();
  }

  skipped(files: readonly Skipped[]): void {
    const [first] = files;
    if (first === undefined) return;
    const more = files.length > 1 ? `; summary.json lists them all` : '';
    this.warn(
      `left out ${files.length} ${files.length === 1 ? 'file' : 'files'}, e.g. ${first.file}: ${first.reason}${more}`,
    );
  }

  /** Is told what is measured. */
  measures(metrics: readonly Metric[]): void {
    this.#table = new EpochTable(metrics.map((metric) => metric.name));
    this.#shares = new Set(metrics.filter((metric) => metric.isShare === true).map((metric) => metric.name));
  }

  onStage(stage: RecipeStage, progress: RecipeProgress): void {
    this.#stage = stage;
    this.#state = undefined;
    this.#left = new TimeLeft();
    this.say(`\n${this.#heading(stage, progress)}`);
    if (stage !== 'frozen' && stage !== 'finetune' && stage !== 'scratch') return;
    this.say(this.#table.header());
    // A run that goes on shows the epochs that it has already.
    for (const row of progress.epochs) if (row.stage === stage) this.say(this.#table.row(row));
  }

  onFound(_stage: FittedStage, finding: LrFinding, rate: number): void {
    this.plot(lrFindPlot(finding, { used: rate }));
    const held = Math.abs(rate / finding.suggestion - 1) > 1e-6 ? `; taking ${rateText(rate)}` : '';
    this.say(`suggested rate ${rateText(finding.suggestion)} (lowest loss at ${rateText(finding.minimum)})${held}`);
  }

  onEpoch(row: RecipeEpoch): void {
    this.say(this.#table.row(row));
  }

  onCheckpointFailed(error: Error): void {
    this.warn(`${error.message}. Training goes on without this checkpoint`);
  }

  onTrainBegin(state: TrainingState): void {
    this.#state = state;
  }

  onBatchEnd(state: TrainingState): void {
    const finder = this.#isFinding();
    const done = finder ? state.iteration + 1 : state.batch + 1;
    const total = finder ? state.iterations : state.batches;
    this.#line.show({
      label: finder ? 'trying rates' : this.#epochLabel('training', state),
      done,
      total,
      left: this.#left.update('train', done, total, finder ? 0 : state.epochs - state.epoch - 1),
      note: `loss ${state.smoothLoss.toFixed(4)}`,
    });
  }

  onEpochEnd(_state: TrainingState, { seconds }: EpochResult): void {
    this.#left.endEpoch(seconds);
  }

  onSideWork({ what, done, total }: SideWork): void {
    const words = {
      features: 'computing features',
      validate: 'validating',
      tta: 'test-time augmentation',
      statistics: 'averaging statistics',
    }[what];
    // While rates are tried, the number of epochs means nothing.
    const state = what === 'tta' || this.#isFinding() ? undefined : this.#state;
    this.#line.show({
      label: this.#epochLabel(words, state),
      done,
      total,
      left: this.#left.update(what, done, total, state === undefined ? 0 : state.epochs - state.epoch - 1),
    });
  }

  results(results: readonly RecipeResult[]): void {
    for (const { split, pictures, plain, tta } of results) {
      const set = split === 'valid' ? 'validation' : 'test';
      for (const [name, estimate] of Object.entries(plain)) {
        const text = (of: Estimates[string]) => intervalText(of, this.#shares.has(name));
        const augmented = tta?.[name];
        const more = augmented === undefined ? '' : `\n  with test-time augmentation ${text(augmented)}`;
        this.print(`${name} on ${pictures} ${set} pictures: ${text(estimate)}${more}`);
      }
    }
  }

  #isFinding(): boolean {
    return this.#stage?.startsWith('find-') === true;
  }

  #heading(stage: RecipeStage, progress: RecipeProgress): string {
    const { epochs, finetuneEpochs, lr, finetuneLr } = this.options;
    const rate = (given: number | 'auto', of: FittedStage) =>
      rateText(given === 'auto' ? (progress.rates[of] ?? 0) : given);
    switch (stage) {
      case 'find-frozen':
        return 'Finding a learning rate for the new head, the body frozen';
      case 'frozen':
        return `Training the head, ${count(epochs)}, rate up to ${rate(lr, 'frozen')}`;
      case 'find-finetune':
      case 'find-scratch':
        return 'Finding a learning rate for the whole network';
      case 'finetune':
        return `Fine-tuning the whole network, ${count(finetuneEpochs)}, rate up to ${rate(finetuneLr, 'finetune')}`;
      case 'scratch':
        return `Training the whole network from random weights, ${count(epochs)}, rate up to ${rate(lr, 'scratch')}`;
      case 'tta':
        return 'Measuring';
    }
  }

  #epochLabel(what: string, state: TrainingState | undefined): string {
    return state === undefined || this.#stage === 'tta' ? what : `epoch ${state.epoch + 1}/${state.epochs}: ${what}`;
  }
}

function count(epochs: number): string {
  return `${epochs} ${epochs === 1 ? 'epoch' : 'epochs'}`;
}

const OUTPUTS = { 'single-label': 'classes', 'multi-label': 'labels', regression: 'outputs' } as const;

/** The line that tells what a run works on. */
export function describeRun(
  options: TrainOptions,
  data: { task: Task; classes: readonly string[]; size: number; train: number; valid: number; test: number },
): string {
  const test = data.test > 0 ? `, ${data.test} to test` : '';
  return (
    `${options.arch}, ${data.classes.length} ${data.task === 'regression' && data.classes.length === 1 ? 'output' : OUTPUTS[data.task]}, ${data.train} pictures to train on, ${data.valid} to validate${test}, ` +
    `${data.size} px, batches of ${options.bs}`
  );
}
