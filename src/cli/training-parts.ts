import { dirname } from 'node:path';
import type { Optimizer } from '../engine/optimizer.js';
import { optimizerWith } from '../engine/optimizers/index.js';
import type { Callback } from '../train/callback.js';
import * as callbacks from '../train/callbacks/index.js';
import * as schedules from '../train/schedules.js';
import type { RunFolder } from './run-folder.js';
import type { SCHEDULES, TrainingOptions } from './training.js';

/** What the options name, for the learner and the recipe. */
export function optimizerOf({ opt, momentum }: TrainingOptions): Optimizer {
  return optimizerWith(opt, momentum);
}

/** Undefined for one cycle, which the recipe has by itself. */
export function scheduleOf({ schedule, warmup }: TrainingOptions): schedules.Schedule | undefined {
  if (schedule === 'one-cycle') return undefined;
  const plain = OTHERS[schedule]();
  return warmup === undefined ? plain : schedules.warmup(plain, { pct: warmup });
}

const OTHERS: { readonly [name in Exclude<(typeof SCHEDULES)[number], 'one-cycle'>]: () => schedules.Schedule } = {
  'flat-cos': schedules.flatCos,
  cosine: schedules.cosineAnnealing,
  linear: schedules.polynomial,
  constant: schedules.constant,
};

export function callbacksOf(o: TrainingOptions, folder: RunFolder): Callback[] {
  const made: Callback[] = [new callbacks.TerminateOnNaN()];
  if (o.clipGrad !== undefined) made.push(new callbacks.GradientClip({ norm: o.clipGrad }));
  if (o.accumulate !== undefined) made.push(new callbacks.GradientAccumulation(o.accumulate));
  if (o.mixup !== undefined) made.push(new callbacks.MixUp(o.mixup));
  if (o.cutmix !== undefined) made.push(new callbacks.CutMix(o.cutmix));
  if (o.progressive !== undefined) made.push(new callbacks.ProgressiveResizing(o.progressive));
  if (o.ema !== undefined) made.push(new callbacks.EMA({ decay: o.ema }));
  if (o.swa) made.push(new callbacks.SWA());
  if (o.earlyStop !== undefined) made.push(new callbacks.EarlyStopping({ patience: o.earlyStop }));
  if (o.saveBest) made.push(new callbacks.SaveModel({ file: folder.file('best') }));
  if (o.logTensorboard) made.push(new callbacks.TensorBoardLogger(dirname(folder.file('events'))));
  return made;
}
