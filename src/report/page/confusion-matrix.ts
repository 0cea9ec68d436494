import { number } from '../data-report-text.js';
import { type Html, html, join } from './html.js';

/** More squares than this would make a page slow; the faintest are left out. */
const MOST_SQUARES = 20_000;

type Matrix = readonly (readonly number[])[];

/** Each square with its number, shaded by its share of the actual class. */
export function valueMatrix(caption: string, classes: readonly string[], counts: Matrix): Html {
  const rows = counts.map((row, actual) => {
    const total = row.reduce((a, b) => a + b, 0);
    const cells = row.map((count) => square(count, total === 0 ? 0 : count / total));
    return html`<tr><th scope="row">${classes[actual] ?? ''}</th>${cells}</tr>`;
  });
  return html`<div class="wide" tabindex="0" role="region" aria-label="Confusion matrix"><table class="matrix">
<caption><span>${caption}</span></caption>
<thead><tr><td></td>${classes.map((label) => html`<th scope="col"><span>${label}</span></th>`)}</tr></thead>
<tbody>
${rows}
</tbody>
</table></div>`;
}

/** Shades in between would leave neither dark nor light letters enough contrast, and are not used. */
function square(count: number, share: number): Html {
  if (count === 0) return html`<td class="zero">0</td>`;
  const strong = share >= 0.6;
  const shade = strong ? 85 + 37 * (share - 0.6) : 8 + 55 * share;
  return html`<td${strong ? html` class="strong"` : undefined} style="background:color-mix(in srgb,var(--bar) ${shade.toFixed(0)}%,var(--card))">${number(count)}</td>`;
}

/** Many classes: a square of one unit for each pair, the more of the actual class, the stronger. */
export function dotMatrix(caption: string, classes: readonly string[], counts: Matrix): Html {
  const n = classes.length;
  const squares = counts.flatMap((row, y) => {
    const total = row.reduce((a, b) => a + b, 0);
    return row.flatMap((count, x) => (count === 0 ? [] : [{ x, y, share: count / total }]));
  });
  const shown = squares.sort((a, b) => b.share - a.share).slice(0, MOST_SQUARES);
  const drawn = shown.map(({ x, y, share }) => {
    const opacity = Math.max(0.25, Math.sqrt(share)).toFixed(2);
    return html`<rect class="${x === y ? 'right' : 'wrong'}" x="${x}" y="${y}" width="1" height="1" fill-opacity="${opacity}"/>`;
  });
  const description = `Confusion matrix of ${n} classes; the table below names the most frequent confusions`;
  return html`<p>${caption}, in the order of classes: <span class="swatch" style="background:var(--bar)"></span> right,
<span class="swatch" style="background:var(--error)"></span> wrong; the stronger, the larger the share of the actual class.</p>
<div class="dots"><svg role="img" aria-label="${description}" viewBox="0 0 ${n} ${n}" shape-rendering="crispEdges">${join(drawn)}</svg></div>`;
}
