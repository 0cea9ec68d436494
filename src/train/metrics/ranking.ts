import { UserError } from '../../core/errors.js';
import {
  LABELS,
  type Metric,
  mean,
  named,
  type Predictions,
  rowTargets,
  singleLabels,
  type Targets,
} from './metric.js';

export interface RankingOptions {
  /** How the classes' scores become one: their mean, weighted by the number of pictures, or all answers together. Default `macro`. */
  readonly average?: 'macro' | 'weighted' | 'micro';
}

/** Scores of a question with yes or no, and the answers. */
export interface Ranked {
  readonly scores: Float32Array;
  /** 1 for yes. */
  readonly truth: Uint8Array;
}

/**
 * A metric of how well probabilities rank pictures, each class against all others. Of two classes with one label, the second is the
 * question.
 */
export function rankingMetric(
  base: string,
  score: (ranked: Ranked) => number,
  { average = 'macro' }: RankingOptions,
): Metric {
  if (!['macro', 'weighted', 'micro'].includes(average)) {
    throw new UserError(`average must be macro, weighted or micro, not ${JSON.stringify(average)}`);
  }
  const name = `${base}${average === 'macro' ? '' : `_${average}`}`;
  return named(
    name,
    (preds, targets) => {
      const truth = truths(name, preds, targets);
      if (targets instanceof Int32Array && preds.classes === 2) return score(column(preds, truth, 1));
      if (average === 'micro') return score({ scores: preds.data, truth });
      const columns = Array.from({ length: preds.classes }, (_, c) => column(preds, truth, c));
      if (average === 'macro') return mean(columns.map(score));
      const support = columns.map((ranked) => ranked.truth.reduce((sum, yes) => sum + yes, 0));
      const total = support.reduce((sum, n) => sum + n, 0);
      if (total === 0) return 0;
      // A class without pictures weighs nothing, defined or not.
      const weighed = columns.map((ranked, c) => ((support[c] ?? 0) === 0 ? 0 : score(ranked) * (support[c] ?? 0)));
      return weighed.reduce((sum, value) => sum + value, 0) / total;
    },
    { tasks: LABELS },
  );
}

/** 1 where a picture has the class: [n, classes]. */
function truths(name: string, preds: Predictions, targets: Targets): Uint8Array {
  if (!(targets instanceof Int32Array)) return Uint8Array.from(rowTargets(name, preds, targets));
  const truth = new Uint8Array(preds.n * preds.classes);
  singleLabels(name, preds, targets).forEach((label, i) => {
    truth[i * preds.classes + label] = 1;
  });
  return truth;
}

function column({ data, n, classes }: Predictions, truth: Uint8Array, c: number): Ranked {
  const scores = new Float32Array(n);
  const answers = new Uint8Array(n);
  for (let i = 0; i < n; i++) {
    scores[i] = data[i * classes + c] ?? 0;
    answers[i] = truth[i * classes + c] ?? 0;
  }
  return { scores, truth: answers };
}

/** Walks thresholds from the highest score down; `visit` is told how many right and wrong ones lie at or above each. */
export function fromTheTop({ scores, truth }: Ranked, visit: (right: number, wrong: number) => void): void {
  const order = new Uint32Array(scores.length).map((_, i) => i).sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
  let right = 0;
  let wrong = 0;
  order.forEach((i, rank) => {
    if (truth[i] === 1) right++;
    else wrong++;
    const next = order[rank + 1];
    if (next === undefined || scores[next] !== scores[i]) visit(right, wrong);
  });
}
