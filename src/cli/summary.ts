import { arch, platform } from 'node:process';
import type { ImageDataBunch } from '../data/index.js';
import type { RecipeProgress } from '../train/recipe.js';
import type { TrainOptions } from './train-options.js';
import { ownVersion, runtimeVersion } from './version.js';

export type Summary = ReturnType<typeof summarise>;

/** What `summary.json` holds: how the run was made, and what came of it. */
export function summarise(run: {
  readonly options: TrainOptions;
  readonly command: readonly string[];
  readonly progress: RecipeProgress;
  readonly data: ImageDataBunch;
}) {
  const { options, command, progress, data } = run;
  const seconds = Object.fromEntries(Object.entries(progress.seconds).map(([stage, s]) => [stage, rounded(s)]));
  return {
    command: ['onecycle', ...command],
    options: { ...options, size: data.size },
    seed: options.seed,
    versions: {
      onecycle: ownVersion(),
      onnxruntime: runtimeVersion(),
      node: process.versions.node,
      platform: `${platform} ${arch}`,
    },
    data: {
      task: data.task,
      classes: data.classes,
      train: data.length('train'),
      valid: data.length('valid'),
      test: data.length('test'),
      skipped: data.skipped,
    },
    rates: progress.rates,
    suggestions: Object.fromEntries(
      Object.entries(progress.findings).map(([stage, finding]) => [stage, finding?.suggestion]),
    ),
    epochs: progress.epochs.map((epoch) => ({ ...epoch, seconds: rounded(epoch.seconds) })),
    /** Metrics with their 95 % intervals. */
    results: progress.results,
    seconds: { ...seconds, total: rounded(Object.values(progress.seconds).reduce((sum, s) => sum + s, 0)) },
  };
}

function rounded(seconds: number): number {
  return Number(seconds.toFixed(2));
}
