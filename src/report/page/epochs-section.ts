import { clock } from '../table.js';
import type { Section } from './document.js';
import type { RunReport } from './run-report.js';
import { table } from './table.js';
import { digits, STAGES } from './words.js';

/** Runs of more epochs have a table with a height of its own. */
const MANY = 30;

/** The table of all epochs. */
export function epochsSection({ summary: { epochs } }: RunReport): Section | undefined {
  if (epochs.length === 0) return undefined;
  const names = [...new Set(epochs.flatMap(({ metrics }) => Object.keys(metrics)))];
  const rows = epochs.map(({ stage, epoch, trainLoss, validLoss, metrics, seconds }) => [
    STAGES[stage] ?? stage,
    String(epoch),
    digits(trainLoss),
    digits(validLoss),
    ...names.map((name) => digits(metrics[name])),
    clock(seconds),
  ]);
  return {
    id: 'epochs',
    title: 'Epochs',
    body: table(
      'All epochs',
      ['stage', 'epoch', 'training loss', 'validation loss', ...names, 'time'],
      rows,
      rows.length > MANY,
    ),
  };
}
