import { number } from '../data-report-text.js';
import type { Section } from './document.js';
import { type Html, html } from './html.js';
import type { RunReport, RunSummary } from './run-report.js';
import { bar, facts, table } from './table.js';
import { SPLITS } from './words.js';

/** Files that were left out beyond this many are counted only. */
const MOST_SKIPPED = 50;
/** A table of more classes has a height of its own. */
const MANY = 20;

/** How many pictures there are, what they show, and how they are altered in training. */
export function dataSection({ summary, pictures }: RunReport): Section {
  const { data, options } = summary;
  const splits = (['train', 'valid', 'test'] as const).filter((split) => data[split] > 0);
  return {
    id: 'data',
    title: 'Data',
    body: html`${facts([
      ['pictures from', String(options.data)],
      ...splits.map((split) => [`${SPLITS[split]} pictures`, number(data[split])] as const),
      ['files left out', data.skipped.length === 0 ? undefined : number(data.skipped.length)],
    ])}
${counts(data, splits)}
${samples(pictures?.samples)}
${augmented(pictures?.augmented)}
${pictures === undefined ? html`<p class="note">No pictures were kept with this run, so none are shown.</p>` : undefined}
${skipped(data.skipped)}`,
  };
}

function counts({ classes, counts }: RunSummary['data'], splits: readonly string[]): Html | undefined {
  if (counts === undefined || splits.every((split) => counts[split] === undefined)) return undefined;
  const most = splits.flatMap((split) => counts[split] ?? []).reduce((a, b) => Math.max(a, b), 1);
  const rows = classes.map((label, c) => [
    label,
    ...splits.map((split) => {
      const count = counts[split]?.[c] ?? 0;
      return html`${number(count)}${bar(count / most)}`;
    }),
  ]);
  return table(
    'Pictures by class and split',
    ['class', ...splits.map((split) => SPLITS[split] ?? split)],
    rows,
    rows.length > MANY,
  );
}

function samples(shown: NonNullable<RunReport['pictures']>['samples'] = []): Html | undefined {
  if (shown.length === 0) return undefined;
  const figures = shown.map(
    ({ label, file, uri }) =>
      html`<figure><img src="${uri}" alt="${`training picture of ${label}`}" title="${file}"><figcaption>${label}</figcaption></figure>`,
  );
  return html`<h3>Training pictures</h3>
<div class="pictures">${figures}</div>`;
}

function augmented(shown: NonNullable<RunReport['pictures']>['augmented'] = []): Html | undefined {
  if (shown.length === 0) return undefined;
  const rows = shown.map(({ label, file, uris }) => {
    const images = uris.map(
      (uri, i) => html`<img src="${uri}" alt="${`${label}, altered as in pass ${i + 1}`}" title="${file}">`,
    );
    return html`<div><p>${label}</p>${images}</div>`;
  });
  return html`<h3>As training sees them</h3>
<p class="note">Each row is one picture in several passes: cropped, mirrored, turned and lit by chance.</p>
<div class="augmented">${rows}</div>`;
}

function skipped(files: RunSummary['data']['skipped']): Html | undefined {
  if (files.length === 0) return undefined;
  const rest = files.length - MOST_SKIPPED;
  return html`<details><summary>Files that were left out (${number(files.length)})</summary>
<ul>${files.slice(0, MOST_SKIPPED).map(({ file, reason }) => html`<li>${file}: ${reason}</li>`)}</ul>
${rest > 0 ? html`<p>… and ${number(rest)} more; summary.json lists all.</p>` : undefined}</details>`;
}
