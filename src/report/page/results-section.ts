import type { Section } from './document.js';
import { type Html, html } from './html.js';
import { mainSplit, type RunReport } from './run-report.js';
import { table } from './table.js';
import { isShare, SPLITS, scoreText } from './words.js';

type Estimate = RunReport['summary']['results'][number]['plain'][string];

/** All metrics with their intervals, and what test-time augmentation brought. */
export function resultsSection(report: RunReport): Section | undefined {
  const { results } = report.summary;
  if (results.length === 0) return undefined;
  const tta = results.some((result) => result.tta !== undefined);
  const rows = results.flatMap(({ split, plain, tta: mixed }) =>
    Object.entries(plain).map(([name, estimate]) => [
      name,
      SPLITS[split] ?? split,
      cell(estimate, name),
      ...(tta ? [cell(mixed?.[name], name)] : []),
    ]),
  );
  return {
    id: 'results',
    title: 'Results',
    body: html`${table('Metrics with their 95 % intervals', ['metric', 'pictures', 'plain', ...(tta ? ['with test-time augmentation'] : [])], rows)}
${gain(report)}
<p class="note">The interval is where the value would mostly lie for other pictures of the same kind: Wilson's for shares of pictures, from a
bootstrap for all else. It tells the noise of the set, not that of training.</p>`,
  };
}

function cell(estimate: Estimate | undefined, name: string): Html {
  if (estimate === undefined) return html`–`;
  const share = isShare(name);
  const text = (value: number) => scoreText(value, share);
  const { value, low, high } = estimate;
  const drawn = share && low >= 0 && high <= 1 ? interval(low, high) : undefined;
  return html`${text(value)} <span class="count">(${text(low)} to ${text(high)})</span>${drawn}`;
}

/** Where an interval lies between 0 and 1. */
function interval(low: number, high: number): Html {
  return html`<span class="interval" aria-hidden="true"><i style="left:${(100 * low).toFixed(1)}%;right:${(100 - 100 * high).toFixed(1)}%"></i></span>`;
}

function gain(report: RunReport): Html | undefined {
  const main = mainSplit(report);
  if (main?.interpretation === undefined || !main.tta) return undefined;
  const { fixed, broken, p } = main.interpretation.ttaGain();
  return html`<p>Test-time augmentation put ${fixed} ${SPLITS[main.split]} pictures right and ${broken} wrong that were the other way round
without it${fixed + broken === 0 ? '' : html` (McNemar's exact test: p = ${p.toPrecision(2)})`}.</p>`;
}
