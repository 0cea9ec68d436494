import type { ClassScores } from '../../interpret/index.js';
import { number } from '../data-report-text.js';
import type { Section } from './document.js';
import { html } from './html.js';
import { mainSplit, type RunReport } from './run-report.js';
import { bar, table } from './table.js';
import { SPLITS } from './words.js';

/** More classes than this are sorted, the worst first. */
const MANY = 20;

/** Precision, recall and F1 of each class. */
export function classesSection(report: RunReport): Section | undefined {
  const main = mainSplit(report);
  if (main?.interpretation === undefined) return undefined;
  const { classes, macro, weighted, micro } = main.interpretation.perClassReport();
  const sorted = classes.length > MANY ? [...classes].sort((a, b) => a.f1 - b.f1) : classes;
  const cells = (name: string, { precision, recall, f1, support }: ClassScores) => [
    name,
    ...[precision, recall, f1].map((score) => html`${score.toFixed(3)}${bar(score)}`),
    number(support),
  ];
  const rows = [
    ...sorted.map((row) => cells(row.label, row)),
    cells('mean over classes', macro),
    cells('mean, weighted by pictures', weighted),
    ...(main.interpretation.isMultiLabel ? [cells('all answers together', micro)] : []),
  ];
  const order = classes.length > MANY ? ', the worst first' : '';
  return {
    id: 'classes',
    title: 'Classes',
    body: table(
      `How good answers are by class, on the ${SPLITS[main.split]} set${order}`,
      ['class', 'precision', 'recall', 'F1', 'pictures'],
      rows,
      classes.length > MANY,
    ),
  };
}
