import type { Engine } from '../engine/engine.js';
import { type Callback, type EpochResult, type FitPosition, notify, type TrainingState } from './callback.js';
import type { TrainBatches } from './train-batches.js';
import type { ValidationResult } from './validation.js';

/** How a fit ended: whole, or stopped at a place from which it can go on. */
export type FitOutcome = { readonly finished: true } | { readonly finished: false; readonly at: FitPosition };

export interface LoopOptions {
  readonly epochs: number;
  readonly callbacks: readonly Callback[];
  /** Of all layer groups, or of each. */
  readonly weightDecay: number | readonly number[];
  /** The target distributions of labels: [n, classes]. */
  readonly targetsOf: (labels: Int32Array) => Float32Array;
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
export async function trainingLoop(engine: Engine, data: TrainBatches, o: LoopOptions): Promise<FitOutcome> {
  const { epochs, callbacks, from } = o;
  const batches = data.count;
  const smooth = { ...(from?.smooth ?? { average: 0, count: 0 }) };
  let began = performance.now();
  let epochLoss = 0;
  const state: TrainingState = {
    epochs,
    epoch: from?.epoch ?? 0,
    batches,
    batch: from?.batch ?? 0,
    iterations: epochs * batches,
    iteration: (from?.epoch ?? 0) * batches + (from?.batch ?? 0),
    lr: Array<number>(engine.layout.groups).fill(0),
    momentum: engine.optimizer.momentum,
    loss: Number.NaN,
    smoothLoss: Number.NaN,
    stop: false,
    position: () => ({
      epoch: state.epoch,
      batch: state.batch,
      smooth: { ...smooth },
      epochLoss,
      epochSeconds: (performance.now() - began) / 1000,
    }),
  };
  const stopping = () => o.stopping() || state.stop;
  const ended = async (outcome: FitOutcome): Promise<FitOutcome> => {
    await notify(callbacks, 'onTrainEnd', state);
    return outcome;
  };

  await notify(callbacks, 'onTrainBegin', state);
  for (; state.epoch < epochs; state.epoch++) {
    const resumed = state.epoch === from?.epoch ? from : undefined;
    began = performance.now() - (resumed?.epochSeconds ?? 0) * 1000;
    epochLoss = resumed?.epochLoss ?? 0;
    state.batch = resumed?.batch ?? 0;
    await notify(callbacks, 'onEpochBegin', state);
    for await (const { input, labels } of data.pass(o.passOf(state.epoch), state.batch)) {
      await notify(callbacks, 'onBatchBegin', state);
      const { lr, momentum } = state;
      state.loss = await engine.step(input, o.targetsOf(labels), {
        lr,
        weightDecay: o.weightDecay,
        momentum,
      });
      smooth.count++;
      smooth.average = SMOOTH * smooth.average + (1 - SMOOTH) * state.loss;
      state.smoothLoss = smooth.average / (1 - SMOOTH ** smooth.count);
      epochLoss += state.loss;
      await notify(callbacks, 'onBatchEnd', state);
      state.batch++;
      state.iteration++;
      if (stopping()) break;
    }
    if (stopping() && state.batch < batches) return ended({ finished: false, at: state.position() });
    const valid = await o.validate?.();
    const result: EpochResult = {
      epoch: state.epoch,
      trainLoss: epochLoss / Math.max(1, state.batch),
      validLoss: valid?.loss,
      metrics: valid?.metrics ?? {},
      seconds: (performance.now() - began) / 1000,
    };
    for (const callback of callbacks) await callback.onEpochEnd?.(state, result);
    if (stopping() && state.epoch + 1 < epochs) {
      return ended({
        finished: false,
        at: { epoch: state.epoch + 1, batch: 0, smooth, epochLoss: 0, epochSeconds: 0 },
      });
    }
  }
  return ended({ finished: true });
}
