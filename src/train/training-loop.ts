import {
  type Callback,
  type CallbackLearner,
  type EpochResult,
  type FitPosition,
  notify,
  type TrainingState,
} from './callback.js';
import type { ValidationResult } from './scores.js';
import type { TrainBatches } from './train-batches.js';

/** How a fit ended: whole, or stopped at a place from which it can go on. */
export type FitOutcome =
  | {
      readonly finished: true;
      /** Epochs that were made: fewer than asked for if a callback ended the fit. */
      readonly epochs: number;
    }
  | { readonly finished: false; readonly at: FitPosition };

export interface LoopOptions {
  readonly epochs: number;
  /** In the order in which they are called. */
  readonly callbacks: readonly Callback[];
  readonly finding: boolean;
  /** Of each layer group. */
  readonly weightDecay: readonly number[];
  /** Called after each epoch; none where there is nothing to validate on. */
  readonly validate: (() => Promise<ValidationResult>) | undefined;
  /** The number of the pass over the data that an epoch makes. */
  readonly passOf: (epoch: number) => number;
  /** Whether to end after the batch that runs. */
  readonly stopping: () => boolean;
  readonly from?: FitPosition;
}

/** Of the loss's moving average. */
const SMOOTH = 0.98;

/**
 * Steps through epochs and batches, and calls callbacks at each moment; what a technique does is theirs, this never
 * changes.
 */
export async function trainingLoop(learner: CallbackLearner, data: TrainBatches, o: LoopOptions): Promise<FitOutcome> {
  const { epochs, callbacks, from } = o;
  const { engine } = learner;
  const batches = data.count;
  const smooth = { ...(from?.smooth ?? { average: 0, count: 0 }) };
  let began = performance.now();
  let epochLoss = 0;
  /** Batches of this epoch that made a step. */
  let stepped = from?.batch ?? 0;
  const state: TrainingState = {
    learner,
    finding: o.finding,
    resumed: from !== undefined,
    epochs,
    epoch: from?.epoch ?? 0,
    batches,
    batch: from?.batch ?? 0,
    iterations: epochs * batches,
    iteration: (from?.epoch ?? 0) * batches + (from?.batch ?? 0),
    lr: Array<number>(engine.layout.groups).fill(0),
    momentum: engine.optimizer.momentum,
    size: undefined,
    input: { features: new Float32Array() },
    targets: new Float32Array(),
    clip: undefined,
    accumulate: undefined,
    loss: Number.NaN,
    smoothLoss: Number.NaN,
    validated: undefined,
    skip: false,
    stop: false,
    finish: false,
    finished: false,
    position: () => ({
      epoch: state.epoch,
      batch: state.batch,
      smooth: { ...smooth },
      epochLoss,
      epochSeconds: (performance.now() - began) / 1000,
    }),
  };
  const stopping = () => o.stopping() || state.stop;
  const isOver = () => stopping() || state.finish;
  const ended = async (outcome: FitOutcome): Promise<FitOutcome> => {
    state.finished = outcome.finished;
    await notify(callbacks, 'onTrainEnd', state);
    return outcome;
  };
  /** Calls a moment at which callbacks may leave out what comes next. */
  const isSkipped = async (moment: 'onEpochBegin' | 'onBatchBegin' | 'onValidateBegin'): Promise<boolean> => {
    state.skip = false;
    await notify(callbacks, moment, state);
    return state.skip;
  };
  const step = async (): Promise<void> => {
    const { input, targets, lr, momentum, clip, accumulate } = state;
    state.loss = await engine.step(input, targets, { lr, momentum, clip, accumulate, weightDecay: o.weightDecay });
    smooth.count++;
    smooth.average = SMOOTH * smooth.average + (1 - SMOOTH) * state.loss;
    state.smoothLoss = smooth.average / (1 - SMOOTH ** smooth.count);
    epochLoss += state.loss;
    stepped++;
    await notify(callbacks, 'onBatchEnd', state);
  };
  const validate = async (): Promise<ValidationResult | undefined> => {
    if (o.validate === undefined || (await isSkipped('onValidateBegin'))) return undefined;
    try {
      return await o.validate();
    } finally {
      // Whoever changed weights for validation puts them back, whatever happened.
      await notify(callbacks, 'onValidateEnd', state);
    }
  };

  await notify(callbacks, 'onTrainBegin', state);
  for (; state.epoch < epochs && !state.finish; state.epoch++) {
    const resumed = state.epoch === from?.epoch ? from : undefined;
    began = performance.now() - (resumed?.epochSeconds ?? 0) * 1000;
    epochLoss = resumed?.epochLoss ?? 0;
    state.batch = resumed?.batch ?? 0;
    stepped = state.batch;
    if (await isSkipped('onEpochBegin')) {
      state.iteration = (state.epoch + 1) * batches;
      continue;
    }
    const pass = { number: o.passOf(state.epoch), startBatch: state.batch, size: state.size };
    for await (const { input, targets } of data.pass(pass, needsPictures(callbacks))) {
      Object.assign(state, { input, targets, clip: undefined, accumulate: undefined });
      if (!(await isSkipped('onBatchBegin'))) await step();
      state.batch++;
      state.iteration++;
      if (isOver()) break;
    }
    if (stopping() && !state.finish && state.batch < batches) {
      return ended({ finished: false, at: state.position() });
    }
    const valid = await validate();
    const result: EpochResult = {
      epoch: state.epoch,
      trainLoss: epochLoss / Math.max(1, stepped),
      validLoss: valid?.loss,
      metrics: valid?.metrics ?? {},
      seconds: (performance.now() - began) / 1000,
    };
    for (const callback of callbacks) await callback.onEpochEnd?.(state, result);
    if (stopping() && !state.finish && state.epoch + 1 < epochs) {
      return ended({
        finished: false,
        at: { epoch: state.epoch + 1, batch: 0, smooth, epochLoss: 0, epochSeconds: 0 },
      });
    }
  }
  return ended({ finished: true, epochs: state.epoch });
}

function needsPictures(callbacks: readonly Callback[]): boolean {
  return callbacks.some((callback) => callback.needsPictures === true);
}
