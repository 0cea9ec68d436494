import { type Html, html } from './html.js';

export type TableCell = Html | string;

/** Rows of numbers that scroll by themselves where they are wider than the page, by keys too; first cells are names. */
export function table(
  caption: string,
  header: readonly string[],
  rows: readonly (readonly TableCell[])[],
  /** Whether it has a height of its own, and scrolls. Default false. */
  tall = false,
): Html {
  const head = header.map((cell) => (cell === '' ? html`<td></td>` : html`<th scope="col">${cell}</th>`));
  const body = rows.map(
    ([first = '', ...rest]) =>
      html`<tr><th scope="row">${first}</th>${rest.map((cell) => html`<td>${cell}</td>`)}</tr>`,
  );
  return html`<div class="${tall ? 'wide tall' : 'wide'}" tabindex="0" role="region" aria-label="${caption}"><table>
<caption><span>${caption}</span></caption>
<thead><tr>${head}</tr></thead>
<tbody>
${body}
</tbody>
</table></div>`;
}

/** Names and what they stand for. */
export function facts(pairs: readonly (readonly [string, TableCell | undefined])[]): Html {
  const rows = pairs.flatMap(([name, value]) =>
    value === undefined ? [] : [html`<div><dt>${name}</dt><dd>${value}</dd></div>`],
  );
  return html`<dl class="facts">
${rows}
</dl>`;
}

/** A bar below a number; its share of the widest goes from 0 to 1. */
export function bar(share: number): Html {
  return html`<span class="bar" style="width:${(100 * Math.max(0, Math.min(1, share))).toFixed(1)}%"></span>`;
}
