import type { Command } from 'commander';
import { z } from 'zod';
import { UserError } from '../core/errors.js';
import type { DataBunch } from '../data/index.js';
import { CLASS_WEIGHTINGS, chosenLoss, LOSS_NAMES } from '../train/choices.js';
import type { LearnerOptions } from '../train/learner-options.js';
import { defaultMetrics, METRIC_NAMES, metricByName } from '../train/metrics/index.js';
import { numberBetween, word } from './fields.js';
import { option } from './option.js';

/** Options that say what is trained for and how it is measured; runs of earlier versions have none. */
export const objectiveFields = {
  loss: word(LOSS_NAMES).default('auto'),
  labelSmoothing: numberBetween(0, 1).optional(),
  classWeights: word(CLASS_WEIGHTINGS).default('none'),
  metrics: metricNames().optional(),
  threshold: numberBetween(0, 1).optional(),
  yRange: z
    .preprocess(
      (value) => (typeof value === 'string' ? value.split(',').map(Number) : value),
      z.tuple([z.number(), z.number()], { error: 'must be two numbers, separated by a comma' }),
    )
    .optional(),
};

export type ObjectiveOptions = z.infer<z.ZodObject<typeof objectiveFields>>;

/** Adds the flags of the loss to a command. */
export function addLoss(command: Command): Command {
  return command
    .optionsGroup('Loss and metrics:')
    .addOption(option('--loss <name>', `one of ${LOSS_NAMES.join(', ')}; auto is the task's own`, LOSS_NAMES[0]))
    .addOption(option('--label-smoothing <share>', 'of each target, spread evenly over all classes'))
    .addOption(option('--class-weights <kind>', 'rarer classes count more: none, balanced or effective', 'none'))
    .addOption(option('--y-range <low,high>', "bounds of a regression's outputs (default: none)"));
}

/** Adds the options' flags to a command. */
export function addObjective(command: Command): Command {
  return addLoss(command)
    .addOption(option('--metrics <names>', `separated by commas: ${METRIC_NAMES.join(', ')}, K and BETA being numbers`))
    .addOption(option('--threshold <p>', 'with several labels a picture, those above it are given (default: 0.5)'));
}

/**
 * What the options say to the learner.
 *
 * @throws {UserError} if they do not fit the data
 */
export function objectiveOf(data: DataBunch, o: ObjectiveOptions): LearnerOptions {
  const { loss, labelSmoothing, classWeights, metrics, threshold, yRange } = o;
  return {
    loss: chosenLoss(data, { loss, classWeights, ...(labelSmoothing === undefined ? {} : { labelSmoothing }) }),
    metrics: metrics?.map(metricByName) ?? defaultMetrics(data.task),
    ...(threshold === undefined ? {} : { threshold }),
    ...(yRange === undefined ? {} : { yRange }),
  };
}

/** Names of metrics. */
export function metricNames() {
  return list(isMetric, `must be names of metrics, separated by commas: ${METRIC_NAMES.join(', ')}`);
}

/** Words separated by commas. */
function list(isGood: (word: string) => boolean, error: string) {
  return z.preprocess(
    (value) => (typeof value === 'string' ? value.split(',').map((part) => part.trim()) : value),
    z.array(z.string()).refine((words) => words.length > 0 && words.every(isGood), { error }),
  );
}

function isMetric(name: string): boolean {
  try {
    metricByName(name);
    return true;
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}
