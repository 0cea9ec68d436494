import { UserError } from '../../core/errors.js';
import { accuracy } from './accuracy.js';
import { accuracyThresh } from './accuracy-thresh.js';
import { averagePrecision } from './average-precision.js';
import { balancedAccuracy } from './balanced-accuracy.js';
import { brierScore } from './brier.js';
import { calibrationError } from './calibration-error.js';
import { cohenKappa } from './cohen-kappa.js';
import type { Average } from './counts.js';
import { errorRate } from './error-rate.js';
import { explainedVariance } from './explained-variance.js';
import { fBeta } from './f-beta.js';
import { logLoss } from './log-loss.js';
import { mae } from './mae.js';
import { matthews } from './matthews.js';
import type { Metric } from './metric.js';
import { mse } from './mse.js';
import { precision } from './precision.js';
import { r2Score } from './r2-score.js';
import { recall } from './recall.js';
import { rmse } from './rmse.js';
import { rocAuc } from './roc-auc.js';
import { topK } from './top-k.js';

const AVERAGES: readonly Average[] = ['macro', 'micro', 'weighted', 'binary', 'samples'];
const RANKING_AVERAGES = ['macro', 'micro', 'weighted'] as const;

const PLAIN: readonly Metric[] = [
  accuracy,
  errorRate,
  balancedAccuracy,
  ...AVERAGES.flatMap((average) => [precision({ average }), recall({ average })]),
  ...RANKING_AVERAGES.flatMap((average) => [rocAuc({ average }), averagePrecision({ average })]),
  cohenKappa(),
  cohenKappa({ weights: 'linear' }),
  cohenKappa({ weights: 'quadratic' }),
  matthews,
  calibrationError(),
  logLoss,
  brierScore,
  accuracyThresh(),
  mae,
  mse,
  rmse,
  r2Score,
  explainedVariance,
];

const BY_NAME = new Map(PLAIN.map((metric) => [metric.name, metric]));

/** Names of metrics, K and BETA standing for numbers; precision, recall and fBETA also take `_micro`, `_weighted`, `_binary`, `_samples`. */
export const METRIC_NAMES: readonly string[] = [
  ...[...BY_NAME.keys()].filter((name) => !/_(micro|weighted|binary|samples)$/.test(name)),
  'top_K',
  'fBETA',
];

/**
 * A metric by the name under which it is shown, such as `top_5`, `f1_micro` or `roc_auc`.
 *
 * @throws {UserError} if there is none
 */
export function metricByName(name: string): Metric {
  const plain = BY_NAME.get(name);
  if (plain !== undefined) return plain;
  const top = /^top_([1-9]\d{0,5})$/.exec(name)?.[1];
  if (top !== undefined) return topK(Number(top));
  const [, beta, given] = /^f(\d+(?:\.\d+)?)(?:_([a-z]+))?$/.exec(name) ?? [];
  const average = given === undefined ? 'macro' : AVERAGES.find((a) => a === given);
  if (beta !== undefined && Number(beta) > 0 && average !== undefined) return fBeta({ beta: Number(beta), average });
  throw new UserError(`there is no metric ${JSON.stringify(name)}; there are ${METRIC_NAMES.join(', ')}`);
}
