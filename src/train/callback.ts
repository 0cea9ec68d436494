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

/** Where training stands; callbacks read it and set what is theirs to set. */
export interface TrainingState {
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
  /** Loss of the last batch, and its debiased moving average (β 0.98). */
  loss: number;
  smoothLoss: number;
  /** Set to end training after this batch. */
  stop: boolean;
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

/** Work that is not a training batch: computing features, validating. */
export interface SideWork {
  readonly what: 'features' | 'validate' | 'tta';
  readonly done: number;
  readonly total: number;
}

/**
 * Hooks on the moments of training, called in the order in which callbacks are given. All are optional; the loop waits for
 * those that return a promise.
 */
export interface Callback {
  onTrainBegin?(state: TrainingState): void | Promise<void>;
  onEpochBegin?(state: TrainingState): void | Promise<void>;
  onBatchBegin?(state: TrainingState): void | Promise<void>;
  onBatchEnd?(state: TrainingState): void | Promise<void>;
  onEpochEnd?(state: TrainingState, result: EpochResult): void | Promise<void>;
  onTrainEnd?(state: TrainingState): void | Promise<void>;
  onSideWork?(work: SideWork): void | Promise<void>;
}

type Moment = Exclude<keyof Callback, 'onSideWork' | 'onEpochEnd'>;

/** Calls one moment's hooks in order. */
export async function notify(callbacks: readonly Callback[], moment: Moment, state: TrainingState): Promise<void> {
  for (const callback of callbacks) await callback[moment]?.(state);
}
