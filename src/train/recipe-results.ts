import { estimate } from './intervals/index.js';
import type { Learner } from './learner.js';
import { defaultMetrics, type Metric } from './metrics/index.js';
import type { LabelledPredictions } from './predictor.js';
import type { Estimates, RecipeResult } from './recipe-progress.js';

/** What the trained network says of each picture of a split. */
export interface SplitPredictions {
  readonly split: 'valid' | 'test';
  readonly plain: LabelledPredictions;
  /** With test-time augmentation. */
  readonly tta: LabelledPredictions | undefined;
}

export interface Measured {
  readonly results: RecipeResult[];
  readonly predictions: readonly SplitPredictions[];
}

/** How good a learner is on the splits that nothing was learnt from, by its metrics or those of the task. */
export async function recipeResults(learner: Learner, withTta: boolean): Promise<Measured> {
  const { data } = learner;
  const metrics = learner.metrics.length > 0 ? learner.metrics : defaultMetrics(data.task);
  const results: RecipeResult[] = [];
  const predictions: SplitPredictions[] = [];
  for (const split of ['valid', 'test'] as const) {
    const pictures = data.length(split);
    if (pictures === 0 || !data.isLabelled(split)) continue;
    const plain = await learner.getPreds(split);
    const tta = withTta ? await learner.tta({ split, plain }) : undefined;
    const result = { split, pictures, plain: estimates(metrics, plain, data.seed) };
    results.push(tta === undefined ? result : { ...result, tta: estimates(metrics, tta, data.seed) });
    predictions.push({ split, plain, tta });
  }
  return { results, predictions };
}

function estimates(metrics: readonly Metric[], { preds, targets }: LabelledPredictions, seed: number): Estimates {
  return Object.fromEntries(metrics.map((metric) => [metric.name, estimate(metric, preds, targets, seed)]));
}
