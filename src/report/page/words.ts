import { UserError } from '../../core/errors.js';
import { metricByName } from '../../train/metrics/index.js';
import { percent } from '../table.js';

/** Names of splits and stages, as pages call them. */
export const SPLITS: Readonly<Record<string, string>> = { train: 'training', valid: 'validation', test: 'test' };

export const STAGES: Readonly<Record<string, string>> = {
  'find-frozen': 'finding a rate, body frozen',
  frozen: 'training the head',
  'find-finetune': 'finding a rate, all layers',
  finetune: 'fine-tuning',
  'find-scratch': 'finding a rate, all layers',
  scratch: 'training from random weights',
  tta: 'measuring',
  total: 'in all',
};

/** Whether a metric is a share of pictures, and so told as a percentage. */
export function isShare(metric: string): boolean {
  try {
    return metricByName(metric).isShare === true;
  } catch (error) {
    // One of the user's own: a number is never wrong.
    if (error instanceof UserError) return false;
    throw error;
  }
}

/** A metric's value. */
export function scoreText(value: number, share: boolean): string {
  if (Number.isNaN(value)) return 'undefined';
  return share ? percent(value) : value.toPrecision(4);
}

/** A loss, or a metric of an epoch. */
export function digits(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? '–' : value.toFixed(4);
}

/** Labels, or that there are none. */
export function labelText(label: string): string {
  return label === '' ? 'none' : label.replaceAll(';', ', ');
}
