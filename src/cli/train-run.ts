import { cnnLearner } from '../cnn-learner.js';
import { messageOf, type UserError } from '../core/errors.js';
import type { ImageDataBunch } from '../data/index.js';
import type { Architecture } from '../nn/architecture.js';
import { historyCsv, iterationsCsv } from '../report/index.js';
import { NotFiniteError } from '../train/callbacks/index.js';
import type { CheckpointEvery } from '../train/checkpoint-clock.js';
import type { Learner } from '../train/learner.js';
import { lossesPlot, lrFindPlot } from '../train/plots/index.js';
import { type RecipeHooks, type RecipeProgress, resumeRecipe, runRecipe } from '../train/recipe.js';
import { assertSamePictures, type DataFingerprint, fingerprintOf } from './data-fingerprint.js';
import { objectiveOf } from './objective.js';
import { openTraining } from './open-training.js';
import { writePredictions } from './predictions-file.js';
import { quoteArgument } from './quote.js';
import type { RunFolder } from './run-folder.js';
import { StopSignal } from './stop-signal.js';
import { type Summary, summarise } from './summary.js';
import type { TrainOptions } from './train-options.js';
import { describeRun, type TrainReporter } from './train-reporter.js';
import { assertMonitored, callbacksOf, learnerOptionsOf, scheduleOf } from './training-parts.js';
import { ownVersion } from './version.js';
import { writeReport } from './write-report.js';

/** A run as it was asked for. */
export interface TrainJob {
  readonly options: TrainOptions;
  readonly arch: Architecture;
  readonly folder: RunFolder;
  /** The arguments that started it. */
  readonly command: readonly string[];
  readonly checkpointEvery: CheckpointEvery | undefined;
  /** Whether `report.html` is written. */
  readonly report: boolean;
  /** What is known of the run that goes on; undefined for a new one. */
  readonly resumed: ResumedRun | undefined;
}

export interface ResumedRun {
  /** The pictures that it began with; undefined if that is not known. */
  readonly data: DataFingerprint | undefined;
  /** Whether it may go on with others. */
  readonly anyData: boolean;
}

export interface TrainOutcome {
  readonly exitCode: number;
  /** Of a run that was not stopped. */
  readonly summary?: Summary;
}

/** Trains by the recipe, and fills the run's folder. */
export async function trainRun(job: TrainJob, reporter: TrainReporter): Promise<TrainOutcome> {
  const lock = await job.folder.lock();
  try {
    const data = await openData(job, reporter);
    try {
      return await trainOn(data, job, reporter);
    } finally {
      await data.close();
    }
  } finally {
    reporter.end();
    await lock.release();
    // Goes only if nothing was written.
    if (job.resumed === undefined) await job.folder.discard();
  }
}

async function openData({ options, arch }: TrainJob, reporter: TrainReporter): Promise<ImageDataBunch> {
  const data = await openTraining(options, arch, {
    onProgress: reporter.onData,
    onNotice: (notice) => reporter.say(notice),
  });
  reporter.skipped(data.skipped);
  const { task, classes, size } = data;
  reporter.say(
    describeRun(options, {
      task,
      classes,
      size,
      train: data.length('train'),
      valid: data.length('valid'),
      test: data.length('test'),
    }),
  );
  return data;
}

async function trainOn(data: ImageDataBunch, job: TrainJob, reporter: TrainReporter): Promise<TrainOutcome> {
  const { options, resumed } = job;
  if (resumed?.data !== undefined && !resumed.anyData) assertSamePictures(resumed.data, fingerprintOf(data));
  const objective = objectiveOf(data, options);
  assertMonitored(options, objective.metrics ?? []);
  const learner = await cnnLearner(data, job.arch, {
    ...objective,
    ...learnerOptionsOf(options),
    // A run that ended before its first checkpoint starts again.
    resuming: options.from !== undefined || (resumed !== undefined && (await job.folder.canGoOn())),
    onDownload: reporter.onDownload,
    callbacks: callbacksOf(options, job.folder),
  });
  reporter.measures(learner.metrics);
  const stop = new StopSignal(() =>
    reporter.warn('stopping after this batch to save a checkpoint; press ctrl-C again to leave at once'),
  );
  try {
    return await runAndWrite(learner, data, job, reporter, stop);
  } finally {
    reporter.end();
    stop.dispose();
    await learner.close();
  }
}

async function runAndWrite(
  learner: Learner,
  data: ImageDataBunch,
  { options, folder, command, resumed, checkpointEvery, report }: TrainJob,
  reporter: TrainReporter,
  stop: StopSignal,
): Promise<TrainOutcome> {
  const checkpoint = folder.file('checkpoint');
  if (resumed === undefined) {
    await folder.assertRoomFor(bytesOfFiles(learner, options));
    await folder.clear();
    const started = new Date().toISOString();
    await folder.writeJson('options', { onecycle: ownVersion(), started, command, options, data: fingerprintOf(data) });
  }
  const { epochs, finetuneEpochs, lr, finetuneLr, tta, pretrained } = options;
  const onDamaged = (error: UserError) => reporter.warn(`${error.message}; going on from the checkpoint before it`);
  const goesOn = resumed !== undefined && (await folder.canGoOn());
  if (!goesOn && options.from !== undefined) await learner.startFrom(options.from);
  const from = goesOn ? await resumeRecipe(learner, checkpoint, onDamaged) : undefined;
  const { finished, progress } = await runRecipe(learner, {
    ...{ epochs, finetuneEpochs, lr, finetuneLr, tta, pretrained, checkpoint, checkpointEvery, from },
    schedule: scheduleOf(options),
    signal: stop.signal,
    hooks: hooksOf(reporter, learner, data, folder),
  }).catch(async (error: unknown) => {
    if (!(error instanceof NotFiniteError) && (await folder.canGoOn())) {
      reporter.warn(`the last checkpoint stands; go on from it with: ${resumeCommand(folder)}`);
    }
    throw error;
  });
  reporter.end();
  await writeNumbers(folder, learner, progress);
  if (!finished) {
    reporter.warn(`stopped; go on with: ${resumeCommand(folder)}`);
    return { exitCode: stop.exitCode };
  }
  await learner.export(folder.file('model'));
  const summary = summarise({ options, command, progress, data, learner });
  await folder.writeJson('summary', summary);
  reporter.plot(lossesPlot(learner.recorder.history));
  if (report) await writeReport(folder, summary, { data, learner }, (text) => reporter.warn(text));
  return { exitCode: 0, summary };
}

/** The reporter's hooks, and those that write what there is so far: after each epoch numbers and plots, then what the network says of each picture. */
function hooksOf(reporter: TrainReporter, learner: Learner, data: ImageDataBunch, folder: RunFolder): RecipeHooks {
  return {
    callbacks: reporter.callbacks,
    onStage: (...of) => reporter.onStage(...of),
    onFound: (...of) => reporter.onFound(...of),
    async onEpoch(row, progress) {
      await writeNumbers(folder, learner, progress).catch((error: unknown) => {
        reporter.warn(`${messageOf(error)}. Training goes on without this file`);
      });
      reporter.onEpoch(row);
    },
    onCheckpointFailed: (...of) => reporter.onCheckpointFailed(...of),
    // By these runs are compared.
    async onMeasured(predictions) {
      const bytes = writePredictions(data, predictions);
      if (bytes !== undefined) await folder.write('predictions', bytes);
    },
  };
}

function resumeCommand({ path }: RunFolder): string {
  return `onecycle train --resume ${quoteArgument(path)}`;
}

/** Tables and plots of what there is so far. */
async function writeNumbers(folder: RunFolder, learner: Learner, progress: RecipeProgress): Promise<void> {
  const { history } = learner.recorder;
  await folder.write('history', historyCsv(progress, namesOf(learner)));
  await folder.write('iterations', iterationsCsv(history, progress));
  if (history.losses.length > 0) await folder.write('losses', lossesPlot(history).svg({ theme: 'auto' }));
  const { findings, rates } = progress;
  const plots = [
    { stage: 'frozen', file: 'findFrozen', trained: 'body frozen' },
    { stage: 'scratch', file: 'findFrozen', trained: 'all layers' },
    { stage: 'finetune', file: 'findFinetune', trained: 'all layers' },
  ] as const;
  for (const { stage, file, trained } of plots) {
    const finding = findings[stage];
    if (finding === undefined) continue;
    const plot = lrFindPlot(finding, { title: `Learning rate finder, ${trained}`, used: rates[stage] });
    await folder.write(file, plot.svg({ theme: 'auto' }));
  }
}

function namesOf({ metrics }: Learner): string[] {
  return metrics.map((metric) => metric.name);
}

/**
 * Room for the checkpoint (values, an average of them, and what the optimizer keeps for each), the one before it, a third while they are
 * replaced, the model, the best weights, and a checkpoint of each epoch.
 */
function bytesOfFiles(
  learner: Learner,
  { ema, swa, saveBest, saveEvery, epochs, finetuneEpochs }: TrainOptions,
): number {
  const values = learner.engine.layout.segments.reduce((sum, segment) => sum + segment.size, 0);
  const kept = 1 + learner.engine.optimizer.slots.length + (ema !== undefined || swa ? 1 : 0);
  const each = saveEvery ? (epochs + finetuneEpochs) * kept : 0;
  return 4 * values * (3 * kept + 1 + (saveBest ? 1 : 0) + each) + 4e6;
}
