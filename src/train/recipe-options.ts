import type { UserError } from '../core/errors.js';
import type { Callback } from './callback.js';
import type { CheckpointEvery } from './checkpoint-clock.js';
import type { LrFinding } from './lr-finder.js';
import type { FittedStage, RecipeEpoch, RecipeProgress, RecipeStage } from './recipe-progress.js';
import type { SplitPredictions } from './recipe-results.js';
import type { Schedule } from './schedules.js';

/** The recipe's numbers, in one place. */
export const RECIPE_DEFAULTS = {
  /** Epochs with the body frozen; all epochs of a network that starts at random. */
  epochs: 3,
  /** Epochs with every layer trained. */
  finetuneEpochs: 2,
  /**
   * Highest rate while frozen, or of a network that starts at random; `auto` takes the finder's suggestion, held within
   * `lrBounds` or `scratchLrBounds`.
   */
  lr: 'auto',
  /** Highest rate of the last layer group while fine-tuning; `auto` takes half of the finder's edge, held within `finetuneLrBounds`. */
  finetuneLr: 'auto',
  /** A new head learns well within these; a finder on few pictures can suggest almost anything. */
  lrBounds: [5e-4, 1e-2],
  /**
   * Below, few epochs change nothing; above, what the body knew can be lost: batch norms that keep their statistics do not
   * hold activations in bounds (CIFAR-5k, one seed, with TTA: 79.6 % at 8.2e-4, 83.4 % at 5.5e-4, 85.1 % at 3e-4).
   */
  finetuneLrBounds: [1e-4, 3e-4],
  /** Below, a network that starts at random learns slowly; above, it may not come to rest in few epochs. */
  scratchLrBounds: [1e-3, 1e-2],
  /** Taken where the suggestion lies below the bounds: a loss that only rises says no more than that training has been good. */
  lrFallback: 3e-3,
  finetuneLrFallback: 3e-4,
  /** The first layer group's rate in fine-tuning is the last group's divided by this. */
  sliceRatio: 10,
  /** Iterations of the finder while frozen, and before fine-tuning, where an iteration costs far more. */
  findIterations: 100,
  finetuneFindIterations: 24,
  /** Whether predictions are averaged over altered pictures at the end. */
  tta: true,
} as const;

export type AutoRate = number | 'auto';

export interface RecipeOptions {
  readonly epochs?: number | undefined;
  readonly finetuneEpochs?: number | undefined;
  readonly lr?: AutoRate | undefined;
  readonly finetuneLr?: AutoRate | undefined;
  readonly lrBounds?: readonly [number, number] | undefined;
  readonly finetuneLrBounds?: readonly [number, number] | undefined;
  readonly scratchLrBounds?: readonly [number, number] | undefined;
  readonly lrFallback?: number | undefined;
  readonly finetuneLrFallback?: number | undefined;
  readonly sliceRatio?: number | undefined;
  readonly findIterations?: number | undefined;
  readonly finetuneFindIterations?: number | undefined;
  readonly tta?: boolean | undefined;
  /** Rates over each of its fits. Default: one cycle. */
  readonly schedule?: Schedule | undefined;
  /**
   * Whether the body starts from pretrained weights. Otherwise there is nothing to keep: all layers are trained from the
   * beginning by one cycle of `epochs`, at one rate, and there is no fine-tuning. Default: as the learner started.
   */
  readonly pretrained?: boolean | undefined;
  /**
   * File for checkpoints, written within epochs, after each epoch and stage, and on a stop; the one before is kept as
   * NAME.previous.safetensors. Default: none.
   */
  readonly checkpoint?: string | undefined;
  /** How often a checkpoint is written within an epoch. Default: each minute of training, or more rarely where that would take more than 2 % of the time. */
  readonly checkpointEvery?: CheckpointEvery | undefined;
  /** Where to go on, from `resumeRecipe`. Default: at the start. */
  readonly from?: RecipeProgress | undefined;
  /** Stops the recipe after the batch that runs. */
  readonly signal?: AbortSignal | undefined;
  readonly hooks?: RecipeHooks | undefined;
}

/** What a host may want to show while the recipe runs; batches and side work come through `callbacks`. */
export interface RecipeHooks {
  readonly callbacks?: readonly Callback[];
  onStage?(stage: RecipeStage, progress: RecipeProgress): void | Promise<void>;
  onFound?(stage: FittedStage, finding: LrFinding, rate: number): void | Promise<void>;
  /** An epoch ended, and the checkpoint holds it. */
  onEpoch?(row: RecipeEpoch, progress: RecipeProgress): void | Promise<void>;
  /** The splits that nothing was learnt from have been predicted. */
  onMeasured?(predictions: readonly SplitPredictions[]): void | Promise<void>;
  /** A checkpoint could not be written, training goes on; without this hook it ends with the error. */
  onCheckpointFailed?(error: UserError): void;
}

export type RecipeSettings = ReturnType<typeof resolve>;

/** Fills in the defaults. */
export function resolve(options: RecipeOptions, pretrained: boolean) {
  const d = RECIPE_DEFAULTS;
  return {
    epochs: options.epochs ?? d.epochs,
    finetuneEpochs: options.finetuneEpochs ?? d.finetuneEpochs,
    lr: options.lr ?? d.lr,
    finetuneLr: options.finetuneLr ?? d.finetuneLr,
    lrBounds: options.lrBounds ?? d.lrBounds,
    finetuneLrBounds: options.finetuneLrBounds ?? d.finetuneLrBounds,
    scratchLrBounds: options.scratchLrBounds ?? d.scratchLrBounds,
    lrFallback: options.lrFallback ?? d.lrFallback,
    finetuneLrFallback: options.finetuneLrFallback ?? d.finetuneLrFallback,
    sliceRatio: options.sliceRatio ?? d.sliceRatio,
    findIterations: options.findIterations ?? d.findIterations,
    finetuneFindIterations: options.finetuneFindIterations ?? d.finetuneFindIterations,
    tta: options.tta ?? d.tta,
    pretrained: options.pretrained ?? pretrained,
  };
}
