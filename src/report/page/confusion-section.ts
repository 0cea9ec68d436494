import { number } from '../data-report-text.js';
import { percent } from '../table.js';
import { dotMatrix, valueMatrix } from './confusion-matrix.js';
import type { Section } from './document.js';
import { html } from './html.js';
import { mainSplit, type RunReport } from './run-report.js';
import { table } from './table.js';
import { SPLITS } from './words.js';

/** Matrices of more classes are drawn in dots, without numbers. */
const MOST_WITH_NUMBERS = 20;
const MOST_PAIRS = 20;

/** Which classes are taken for which. */
export function confusionSection(report: RunReport): Section | undefined {
  const main = mainSplit(report);
  const found = main?.interpretation;
  if (main === undefined || found === undefined || found.isMultiLabel) return undefined;
  const { classes } = found;
  const counts = found.confusionMatrix();
  const caption = `Pictures of the ${SPLITS[main.split]} set by actual class (rows) and predicted class (columns)`;
  const totals = new Map(classes.map((label, c) => [label, (counts[c] ?? []).reduce((a, b) => a + b, 0)]));
  const pairs = found.mostConfused();
  const rows = pairs.slice(0, MOST_PAIRS).map(({ actual, predicted, count }) => {
    const total = totals.get(actual) ?? 0;
    return [actual, predicted, number(count), `${percent(count / total)} of ${number(total)}`];
  });
  return {
    id: 'confusion',
    title: 'Confusion',
    body: html`${classes.length <= MOST_WITH_NUMBERS ? valueMatrix(caption, classes, counts) : dotMatrix(caption, classes, counts)}
${
  rows.length === 0
    ? html`<p>No picture was given a wrong class.</p>`
    : table(
        pairs.length > rows.length
          ? `The ${rows.length} most frequent confusions of ${number(pairs.length)}`
          : 'All confusions',
        ['actual', 'predicted', 'pictures', 'of the actual class'],
        rows,
      )
}`,
  };
}
