import { cnnLearner } from '../cnn-learner.js';
import type { ImageDataBunch } from '../data/index.js';
import type { Architecture } from '../nn/architecture.js';
import { historyCsv, iterationsCsv, lossesPlot, lrFindPlot } from '../report/index.js';
import type { Learner } from '../train/learner.js';
import { type RecipeProgress, resumeRecipe, runRecipe } from '../train/recipe.js';
import { transformsOf } from './augmentation.js';
import { objectiveOf } from './objective.js';
import { openSource } from './open-source.js';
import { quoteArgument } from './quote.js';
import type { RunFolder } from './run-folder.js';
import { StopSignal } from './stop-signal.js';
import { type Summary, summarise } from './summary.js';
import type { TrainOptions } from './train-options.js';
import { describeRun, type TrainReporter } from './train-reporter.js';
import { callbacksOf, optimizerOf, scheduleOf } from './training-parts.js';
import { ownVersion } from './version.js';

/** A run as it was asked for. */
export interface TrainJob {
  readonly options: TrainOptions;
  readonly arch: Architecture;
  readonly folder: RunFolder;
  /** The arguments that started it. */
  readonly command: readonly string[];
  readonly resume: boolean;
}

export interface TrainOutcome {
  readonly exitCode: number;
  /** Of a run that was not stopped. */
  readonly summary?: Summary;
}

/** Trains by the recipe, and fills the run's folder. */
export async function trainRun(job: TrainJob, reporter: TrainReporter): Promise<TrainOutcome> {
  try {
    const data = await openData(job, reporter);
    try {
      return await trainOn(data, job, reporter);
    } finally {
      await data.close();
    }
  } finally {
    reporter.end();
    // Goes only if nothing was written.
    if (!job.resume) await job.folder.discard();
  }
}

async function openData({ options, arch }: TrainJob, reporter: TrainReporter): Promise<ImageDataBunch> {
  const data = await openSource(options, {
    size: options.size,
    // Enlarging tiny pictures helps networks that know larger ones.
    ...(options.pretrained ? {} : { sizeRule: { enlarge: false, least: arch.minSize, step: arch.sizeStep } }),
    bs: options.bs,
    seed: options.seed,
    limitPerClass: options.limitPerClass,
    validLimitPerClass: options.validLimitPerClass,
    corrupt: options.corrupt,
    truncated: options.truncated,
    maxPixels: options.maxPixels,
    workers: options.workers,
    resizeMethod: options.resize,
    paddingMode: options.padding,
    dsTfms: transformsOf(options),
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
  const { options } = job;
  const learner = await cnnLearner(data, job.arch, {
    ...objectiveOf(data, options),
    pretrained: options.pretrained,
    // A run that ended before its first checkpoint starts again.
    resuming: job.resume && (await job.folder.has('checkpoint')),
    onDownload: reporter.onDownload,
    ...(options.weights === undefined ? {} : { weights: options.weights }),
    ...(options.trainBn ? { trainBn: true } : {}),
    recompute: options.recompute,
    optimizer: optimizerOf(options),
    wd: options.wd,
    callbacks: callbacksOf(options, job.folder),
    ...(options.featureCopies === undefined ? {} : { featureCopies: options.featureCopies }),
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
  { options, folder, command, resume }: TrainJob,
  reporter: TrainReporter,
  stop: StopSignal,
): Promise<TrainOutcome> {
  const checkpoint = folder.file('checkpoint');
  if (!resume) {
    await folder.assertRoomFor(bytesOfFiles(learner, options));
    await folder.clear();
    await folder.writeJson('options', { onecycle: ownVersion(), command, options });
  }
  const from = resume && (await folder.has('checkpoint')) ? await resumeRecipe(learner, checkpoint) : undefined;
  const { epochs, finetuneEpochs, lr, finetuneLr, tta, pretrained } = options;
  const { finished, progress } = await runRecipe(learner, {
    ...{ epochs, finetuneEpochs, lr, finetuneLr, tta, pretrained, checkpoint, from },
    schedule: scheduleOf(options),
    signal: stop.signal,
    hooks: reporter,
  });
  reporter.end();
  await writeNumbers(folder, learner, progress);
  if (!finished) {
    reporter.warn(`stopped; go on with: onecycle train --resume ${quoteArgument(folder.path)}`);
    return { exitCode: stop.exitCode };
  }
  await learner.export(folder.file('model'));
  const summary = summarise({ options, command, progress, data });
  await folder.writeJson('summary', summary);
  return { exitCode: 0, summary };
}

/** Tables and plots of what there is so far. */
async function writeNumbers(folder: RunFolder, learner: Learner, progress: RecipeProgress): Promise<void> {
  const { history } = learner.recorder;
  await folder.write('history', historyCsv(progress, namesOf(learner)));
  await folder.write('iterations', iterationsCsv(history, progress));
  if (history.losses.length > 0) await folder.write('losses', lossesPlot(history));
  const { findings, rates } = progress;
  const plots = [
    { stage: 'frozen', file: 'findFrozen', trained: 'body frozen' },
    { stage: 'scratch', file: 'findFrozen', trained: 'all layers' },
    { stage: 'finetune', file: 'findFinetune', trained: 'all layers' },
  ] as const;
  for (const { stage, file, trained } of plots) {
    const finding = findings[stage];
    if (finding === undefined) continue;
    await folder.write(file, lrFindPlot(finding, { title: `Learning rate finder, ${trained}`, used: rates[stage] }));
  }
}

function namesOf({ metrics }: Learner): string[] {
  return metrics.map((metric) => metric.name);
}

/**
 * Room for the checkpoint (values, an average of them, and what the optimizer keeps for each), a second one while it is replaced, the
 * model, and the best weights.
 */
function bytesOfFiles(learner: Learner, { ema, swa, saveBest }: TrainOptions): number {
  const values = learner.engine.layout.segments.reduce((sum, segment) => sum + segment.size, 0);
  const kept = 1 + learner.engine.optimizer.slots.length + (ema !== undefined || swa ? 1 : 0);
  return 4 * values * (2 * kept + 1 + (saveBest ? 1 : 0)) + 4e6;
}
