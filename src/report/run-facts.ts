import type { Estimate } from '../train/intervals/index.js';
import type { Predictions, Targets } from '../train/metrics/index.js';
import type { RecipeEpoch, RecipeResult } from '../train/recipe.js';

export const RUN_STATES = ['finished', 'running', 'stopped', 'broken'] as const;
/** `stopped`: it ended before its end, and can be resumed; `broken`: its files cannot be read. */
export type RunState = (typeof RUN_STATES)[number];

/** What a run's folder tells of it. */
export interface RunFacts {
  /** Its path below the folder that was looked through. */
  readonly name: string;
  readonly path: string;
  readonly state: RunState;
  /** What is wrong with a broken one. */
  readonly problem?: string;
  /** As ISO 8601, in UTC. */
  readonly started: string;
  readonly data: string;
  readonly arch: string;
  readonly seed: number | undefined;
  readonly options: Readonly<Record<string, unknown>>;
  /** As it can be typed into a shell. */
  readonly command: string;
  readonly epochsDone: number;
  /** Undefined where the options do not tell. */
  readonly epochsWanted: number | undefined;
  readonly epochs: readonly RecipeEpoch[];
  /** How good the network is, once it has been measured. */
  readonly results: readonly RecipeResult[];
  /** Pictures to validate on, if that is known. */
  readonly validPictures: number | undefined;
  /** Of all stages. */
  readonly seconds: number;
  /** Smoothed training loss and rate of each batch, as far as they are known. */
  readonly losses: readonly number[];
  readonly lrs: readonly number[];
}

/** What a run's network says of each picture of a split. */
export interface KeptPredictions {
  /** Paths below the folder that all pictures share, in the order of the rows. */
  readonly files: readonly string[];
  readonly targets: Targets;
  readonly plain: Predictions;
  readonly tta: Predictions | undefined;
}

/** A metric's best epoch, and where it stands now. */
export interface RunScore {
  readonly metric: string;
  readonly best: number | undefined;
  /** With its interval where that can be told: NaN bounds otherwise. */
  readonly last: Estimate | undefined;
  /** With test-time augmentation. */
  readonly tta: Estimate | undefined;
}
