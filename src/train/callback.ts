import type { DataBunch } from '../data/batch.js';
import type { Engine, StepInput } from '../engine/engine.js';
import type { GradientClip } from '../engine/gradient-transforms.js';
import type { BatchOfStep } from '../engine/step-feeds.js';
import type { LearnerFiles } from './host.js';
import type { History } from './recorder.js';

/** A place inside a fit. */
export interface FitPosition {
  readonly epoch: number;
  readonly batch: number;
  /** The moving average of the loss, and its number of terms. */
  readonly smooth: { readonly average: number; readonly count: number };
  /** Sum of the losses of the epoch so far, and seconds spent in it. */
  readonly epochLoss: number;
  readonly epochSeconds: number;
}

/** What a callback reaches of the learner. */
export interface CallbackLearner {
  readonly engine: Engine;
  readonly data: DataBunch;
  readonly recorder: { readonly history: History };
  readonly files: LearnerFiles;
  /** Writes a checkpoint, callbacks' states with it. */
  save(file: string): Promise<void>;
  /** Recomputes batch norms' statistics over the training set, for parameters that no step has led to. */
  updateStatistics(): Promise<void>;
}

/** Where training stands; callbacks read it and set what is theirs to set. */
export interface TrainingState {
  readonly learner: CallbackLearner;
  /** Whether the learning rate finder runs. */
  readonly finding: boolean;
  /** Whether this fit goes on where an earlier one was stopped. */
  readonly resumed: boolean;
  /** Epochs of this fit, and the one that runs, from 0. */
  readonly epochs: number;
  epoch: number;
  /** Batches of an epoch, and the one that runs, from 0. */
  readonly batches: number;
  batch: number;
  /** Iterations of this fit, and how many are done. */
  readonly iterations: number;
  iteration: number;
  /** Rate of each layer group, and momentum (β₁ of AdamW): a schedule sets them before each batch. */
  lr: number[];
  momentum: number;
  /** Side of the training pictures in pixels, to be set in `onEpochBegin`; undefined for the data's own. */
  size: number | undefined;
  /** What the step is going to read, from `onBatchBegin` on: pictures or features, and targets [n, classes] or [n, outputs]. */
  input: StepInput;
  targets: Float32Array;
  /** Bounds gradients in this step; set before each batch. */
  clip: GradientClip | undefined;
  /** Which batch of a step of several this is; set before each batch. */
  accumulate: BatchOfStep | undefined;
  /** Loss of the last batch, and its debiased moving average (β 0.98). */
  loss: number;
  smoothLoss: number;
  /** The shadow of the engine's that is validated in place of the values themselves, if any. */
  validated: string | undefined;
  /** Set in `onBatchBegin`, `onEpochBegin` or `onValidateBegin` to leave that batch, epoch or validation out. */
  skip: boolean;
  /** Set to end training after this batch, at a place from which it can go on. */
  stop: boolean;
  /** Set to end the fit for good after this batch or epoch: the rest of it is not wanted. */
  finish: boolean;
  /** In `onTrainEnd`: whether the fit came to its end, and was not just stopped. */
  finished: boolean;
  /** The place that a fit which ended now would go on from. */
  position(): FitPosition;
}

/** What an epoch ended with. */
export interface EpochResult {
  readonly epoch: number;
  readonly trainLoss: number;
  readonly validLoss: number | undefined;
  readonly metrics: Readonly<Record<string, number>>;
  /** Seconds for training and validation. */
  readonly seconds: number;
}

/** Work that is not a training batch: computing features, validating, recomputing batch norms' statistics. */
export interface SideWork {
  readonly what: 'features' | 'validate' | 'tta' | 'statistics';
  readonly done: number;
  readonly total: number;
}

/**
 * Hooks on the moments of training: the only way to extend the loop. All are optional; the loop waits for those that return
 * a promise.
 */
export interface Callback {
  /** Names its state in checkpoints; needed where it has one. */
  readonly name?: string;
  /** Those with lower numbers are called first, those with equal ones in the order in which they are given. Default 0. */
  readonly order?: number;
  /** Whether it takes part while the learning rate finder runs. Default true. */
  readonly whileFinding?: boolean;
  /** Whether it needs pictures where a fixed body would train on features that were computed once. Default false. */
  readonly needsPictures?: boolean;
  /** The fit begins; its state, if it is resumed, has been loaded. */
  onTrainBegin?(state: TrainingState): void | Promise<void>;
  onEpochBegin?(state: TrainingState): void | Promise<void>;
  /** A batch is ready: rates, input and targets may still be changed. */
  onBatchBegin?(state: TrainingState): void | Promise<void>;
  /** The step has been made. */
  onBatchEnd?(state: TrainingState): void | Promise<void>;
  onValidateBegin?(state: TrainingState): void | Promise<void>;
  onValidateEnd?(state: TrainingState): void | Promise<void>;
  onEpochEnd?(state: TrainingState, result: EpochResult): void | Promise<void>;
  onTrainEnd?(state: TrainingState): void | Promise<void>;
  onSideWork?(work: SideWork): void | Promise<void>;
  /** What it must know to go on after a stop, as plain data or a promise of them; kept in every checkpoint. */
  saveState?(): unknown;
  /**
   * Takes up what `saveState` gave, before `onTrainBegin`.
   *
   * @throws {UserError} if it is no such thing
   */
  loadState?(saved: unknown): void;
}

type Moment =
  | 'onTrainBegin'
  | 'onEpochBegin'
  | 'onBatchBegin'
  | 'onBatchEnd'
  | 'onValidateBegin'
  | 'onValidateEnd'
  | 'onTrainEnd';

/** Calls one moment's hooks in order. */
export async function notify(callbacks: readonly Callback[], moment: Moment, state: TrainingState): Promise<void> {
  for (const callback of callbacks) await callback[moment]?.(state);
}

/** Callbacks in the order in which they are called. */
export function ordered(callbacks: readonly Callback[]): Callback[] {
  return [...callbacks].sort((a, b) => (a.order ?? 0) - (b.order ?? 0));
}
