import { dirname, join } from 'node:path';
import { optimizerWith } from '../engine/optimizers/index.js';
import type { Callback } from '../train/callback.js';
import * as callbacks from '../train/callbacks/index.js';
import type { LearnerOptions } from '../train/learner-options.js';
import * as schedules from '../train/schedules.js';
import { UsageError } from './fields.js';
import type { RunFolder } from './run-folder.js';
import type { TrainOptions } from './train-options.js';
import type { SCHEDULES, TrainingOptions } from './training.js';

/** What the options name, for the learner and the recipe. */
export function learnerOptionsOf(o: TrainOptions): LearnerOptions {
  return {
    ...{ pretrained: o.pretrained, recompute: o.recompute, wd: o.wd, featurePrecision: o.featurePrecision },
    optimizer: optimizerWith(o.opt, o.momentum),
    ...(o.weights === undefined ? {} : { weights: o.weights }),
    ...(o.trainBn ? { trainBn: true } : {}),
    ...(o.featureCopies === undefined ? {} : { featureCopies: o.featureCopies }),
  };
}

/** Undefined for one cycle, which the recipe has by itself. */
export function scheduleOf(o: TrainingOptions): schedules.Schedule | undefined {
  const { schedule, warmup } = o;
  if (schedule === 'one-cycle') return undefined;
  const plain = OTHERS[schedule](o);
  return warmup === undefined ? plain : schedules.warmup(plain, { pct: warmup });
}

type Other = Exclude<(typeof SCHEDULES)[number], 'one-cycle'>;

const OTHERS: { readonly [name in Other]: (o: TrainingOptions) => schedules.Schedule } = {
  'flat-cos': () => schedules.flatCos(),
  cosine: () => schedules.cosineAnnealing(),
  restarts: (o) => schedules.cosineRestarts({ cycleLen: o.cycleLen, cycleMult: o.cycleMult }),
  linear: () => schedules.polynomial(),
  polynomial: (o) => schedules.polynomial({ power: o.power }),
  step: (o) => schedules.step({ every: o.stepEvery ?? 1, gamma: o.gamma }),
  exponential: (o) => schedules.exponential({ gamma: o.gamma }),
  constant: () => schedules.constant(),
};

/** @throws {UsageError} unless what `--monitor` names is there after each epoch */
export function assertMonitored({ monitor }: TrainingOptions, metrics: readonly { readonly name: string }[]): void {
  const names = ['validLoss', 'trainLoss', ...metrics.map(({ name }) => name)];
  if (monitor === undefined || names.includes(monitor)) return;
  throw new UsageError(`--monitor must be one of ${names.join(', ')}, not "${monitor}"; --metrics adds others`);
}

export function callbacksOf(o: TrainingOptions, folder: RunFolder): Callback[] {
  const made: Callback[] = [new callbacks.TerminateOnNaN()];
  if (o.clipGrad !== undefined) made.push(new callbacks.GradientClip({ norm: o.clipGrad }));
  if (o.accumulate !== undefined) made.push(new callbacks.GradientAccumulation(o.accumulate));
  if (o.mixup !== undefined) made.push(new callbacks.MixUp(o.mixup));
  if (o.cutmix !== undefined) made.push(new callbacks.CutMix(o.cutmix));
  if (o.progressive !== undefined) made.push(new callbacks.ProgressiveResizing(o.progressive));
  if (o.ema !== undefined) made.push(new callbacks.EMA({ decay: o.ema }));
  if (o.swa) made.push(new callbacks.SWA());
  const followed = { monitor: o.monitor, minDelta: o.minDelta };
  if (o.earlyStop !== undefined) made.push(new callbacks.EarlyStopping({ ...followed, patience: o.earlyStop }));
  if (o.reduceOnPlateau !== undefined) {
    const how = { factor: o.reduceFactor, minLr: o.minLr };
    made.push(new callbacks.ReduceLROnPlateau({ ...followed, ...how, patience: o.reduceOnPlateau }));
  }
  if (o.saveBest) made.push(new callbacks.SaveModel({ ...followed, file: folder.file('best') }));
  if (o.saveEvery) made.push(new callbacks.SaveModel({ file: join(folder.epochs, 'epoch'), when: 'every' }));
  if (o.logJsonl) made.push(new callbacks.JsonLinesLogger(folder.file('log')));
  if (o.logTensorboard) made.push(new callbacks.TensorBoardLogger(dirname(folder.file('events'))));
  return made;
}
