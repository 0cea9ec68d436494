import { availableParallelism, totalmem } from 'node:os';
import { arch, platform } from 'node:process';
import type { ImageDataBunch, SplitName } from '../data/index.js';
import type { Environment } from '../report/page/run-report.js';
import { processorName, runtimeVersion } from '../runtime/node/machine.js';
import type { Learner } from '../train/learner.js';
import type { RecipeProgress } from '../train/recipe.js';
import type { TrainOptions } from './train-options.js';
import { ownVersion } from './version.js';

export type Summary = ReturnType<typeof summarise>;

/** What `summary.json` holds: how the run was made, and what came of it. */
export function summarise(run: {
  readonly options: TrainOptions;
  readonly command: readonly string[];
  readonly progress: RecipeProgress;
  readonly data: ImageDataBunch;
  readonly learner: Learner;
}) {
  const { options, command, progress, data, learner } = run;
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
    environment: environmentOf(options),
    data: {
      task: data.task,
      classes: data.classes,
      train: data.length('train'),
      valid: data.length('valid'),
      test: data.length('test'),
      ...(data.task === 'regression' ? {} : { counts: countsOf(data) }),
      skipped: data.skipped,
    },
    rates: progress.rates,
    suggestions: Object.fromEntries(
      Object.entries(progress.findings).map(([stage, finding]) => [stage, finding?.suggestion]),
    ),
    /** The finder's curves. */
    findings: progress.findings,
    /** In what numbers the head's features were computed while the body was frozen, by the pictures' size. */
    featurePrecisions: learner.featurePrecisions,
    epochs: progress.epochs.map((epoch) => ({ ...epoch, seconds: rounded(epoch.seconds) })),
    /** Metrics with their 95 % intervals. */
    results: progress.results,
    seconds: { ...seconds, total: rounded(Object.values(progress.seconds).reduce((sum, s) => sum + s, 0)) },
  };
}

function rounded(seconds: number): number {
  return Number(seconds.toFixed(2));
}

/** The machine; what a system hides about its processor is left out. */
function environmentOf({ workers }: TrainOptions): Environment {
  return { processor: processorName(), cores: availableParallelism(), memory: totalmem(), workers };
}

/** Pictures of each class, by split. */
function countsOf(data: ImageDataBunch): Partial<Record<SplitName, number[]>> {
  const counts: Partial<Record<SplitName, number[]>> = {};
  for (const split of ['train', 'valid', 'test'] as const) {
    if (data.length(split) === 0 || !data.isLabelled(split)) continue;
    const sums = data.classes.map(() => 0);
    const add = (c: number): void => {
      if (c in sums) sums[c] = (sums[c] ?? 0) + 1;
    };
    if (data.task === 'single-label') data.labels(split).forEach(add);
    else {
      data.targets(split).forEach((target, i) => {
        if (target === 1) add(i % sums.length);
      });
    }
    counts[split] = sums;
  }
  return counts;
}
