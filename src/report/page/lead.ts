import { number } from '../data-report-text.js';
import { clock } from '../table.js';
import { type Html, html } from './html.js';
import type { RunReport } from './run-report.js';
import { isShare, SPLITS, scoreText } from './words.js';

const WHAT = { 'single-label': 'classes', 'multi-label': 'labels', regression: 'outputs' } as const;

/** What the run was, and how good it became, in a few lines. */
export function lead({ summary, started }: RunReport): Html {
  const { data, options, seconds, results } = summary;
  const when = started === undefined ? '' : `, begun ${started.slice(0, 16).replace('T', ' ')} UTC`;
  const about = `${String(options.arch).replace(/^.*[\\/]/, '')}, ${number(data.classes.length)} ${data.task === 'regression' && data.classes.length === 1 ? 'output' : WHAT[data.task]}, ${number(data.train)} pictures to train on, ${String(options.size)} px${when}; ${clock(seconds.total ?? 0)} in all.`;
  const cards = results.flatMap(({ split, pictures, plain, tta }) => {
    const [name, estimate] = Object.entries(tta ?? plain)[0] ?? [];
    if (name === undefined || estimate === undefined) return [];
    const text = (value: number) => scoreText(value, isShare(name));
    return html`<div class="headline">
<p class="about">${name} on ${number(pictures)} ${SPLITS[split]} pictures${tta === undefined ? '' : ', with test-time augmentation'}</p>
<p class="value">${text(estimate.value)}</p>
<p class="about">95 % interval ${text(estimate.low)} to ${text(estimate.high)}</p>
</div>`;
  });
  return html`<p>${about}</p>
<div class="headlines">${cards}</div>`;
}
