import type { AuditFile, DataReport, Finding, FindingKind } from '../audit/index.js';
import { escapeHtml } from '../display/index.js';
import { DATA_PAGE_STYLE } from './data-page-style.js';
import {
  balanceLines,
  byKind,
  countRows,
  KIND_TITLES,
  modelLines,
  number,
  SIZE_HEADER,
  sizeRows,
  tallyText,
  verdict,
} from './data-report-text.js';

/** Findings of one kind beyond this many are counted only, so that a page can be opened. */
const MOST_SHOWN = 200;
/** Pictures of one group beyond this many are counted only. */
const MOST_PICTURES = 12;

/** A small picture of a file as a data URI; undefined if it cannot be decoded. */
export type Thumbnail = (file: AuditFile) => Promise<string | undefined>;

/**
 * A report as one page of HTML that needs nothing else: no scripts, no requests, pictures as data URIs; for narrow and wide screens,
 * light and dark.
 */
export async function dataPage(report: DataReport, name: string, thumbnail: Thumbnail): Promise<string> {
  const kinds = [...byKind(report.findings)];
  const sections: string[] = [];
  for (const [kind, findings] of kinds) sections.push(await kindSection(kind, findings, thumbnail));
  const title = `Check of ${name}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<link rel="icon" href="data:,">
<title>${escapeHtml(title)}</title>
<style>${DATA_PAGE_STYLE}</style>
</head>
<body>
<header>
<h1>${escapeHtml(title)}</h1>
<p>${number(report.pictures)} pictures${report.classes.length === 0 ? '' : ` in ${number(report.classes.length)} classes`}: <strong>${verdict(report)}</strong></p>
</header>
<main>
${contents(kinds)}
${classesSection(report)}
${sizesSection(report)}
${modelSection(report)}
${sections.join('\n')}
</main>
</body>
</html>
`;
}

function contents(kinds: readonly (readonly [FindingKind, readonly Finding[]])[]): string {
  if (kinds.length === 0) return '';
  const links = kinds.map(
    ([kind, { length }]) =>
      `<li><a href="#${kind}">${KIND_TITLES[kind]}</a> <span class="count">${number(length)}</span></li>`,
  );
  return `<nav aria-label="Findings"><ul>${links.join('')}</ul></nav>`;
}

function classesSection(report: DataReport): string {
  const [header = [], ...rows] = countRows(report);
  const largest = Math.max(1, ...report.counts.flatMap(({ bySplit }) => Object.values(bySplit)));
  const body = rows.map((cells, r) => {
    const counts = report.counts[r]?.bySplit;
    return row(cells, (c) => {
      const split = report.splits[c - 1];
      const count = split === undefined ? undefined : counts?.[split];
      return count === undefined
        ? ''
        : `<span class="bar" style="width:${((100 * count) / largest).toFixed(1)}%"></span>`;
    });
  });
  return `<section>
<h2>Classes</h2>
${table('Pictures that can be used, by class and split', header, body)}
<p>${balanceLines(report).map(escapeHtml).join('<br>')}</p>
</section>`;
}

function sizesSection(report: DataReport): string {
  const rows = sizeRows(report);
  if (rows.length === 0) return '<section>\n<h2>Sizes</h2>\n<p>No picture can be decoded.</p>\n</section>';
  return `<section>
<h2>Sizes</h2>
${table(
  'Sizes of the pictures',
  SIZE_HEADER,
  rows.map((cells) => row(cells)),
)}
<p>Formats: ${escapeHtml(tallyText(report.formats))}<br>Colours: ${escapeHtml(tallyText(report.modes))}</p>
</section>`;
}

function modelSection(report: DataReport): string {
  const lines = modelLines(report);
  if (lines.length === 0) return '';
  return `<section>\n<h2>Labels and the model</h2>\n<p>${lines.map(escapeHtml).join('<br>')}</p>\n</section>`;
}

function table(caption: string, header: readonly string[], rows: readonly string[]): string {
  const cells = header.map((cell) => (cell === '' ? '<td></td>' : `<th scope="col">${escapeHtml(cell)}</th>`));
  // It can be scrolled by keys where it is wider than the screen.
  return `<div class="wide" tabindex="0" role="region" aria-label="${escapeHtml(caption)}"><table>
<caption>${escapeHtml(caption)}</caption>
<thead><tr>${cells.join('')}</tr></thead>
<tbody>${rows.join('\n')}</tbody>
</table></div>`;
}

function row(cells: readonly string[], extra: (column: number) => string = () => ''): string {
  const [first = '', ...rest] = cells;
  const data = rest.map((cell, i) => `<td>${escapeHtml(cell)}${extra(i + 1)}</td>`);
  return `<tr><th scope="row">${escapeHtml(first)}</th>${data.join('')}</tr>`;
}

async function kindSection(kind: FindingKind, findings: readonly Finding[], thumbnail: Thumbnail): Promise<string> {
  const items: string[] = [];
  for (const finding of findings.slice(0, MOST_SHOWN)) items.push(await item(finding, thumbnail));
  const rest = findings.length - MOST_SHOWN;
  const more = rest > 0 ? `<p>… and ${number(rest)} more; <code>--json</code> lists all.</p>` : '';
  return `<section>
<h2 id="${kind}">${KIND_TITLES[kind]} <span class="count">${number(findings.length)}</span></h2>
<ul class="findings">
${items.join('\n')}
</ul>${more}
</section>`;
}

async function item({ severity, label, message, files }: Finding, thumbnail: Thumbnail): Promise<string> {
  const figures: string[] = [];
  for (const file of files.slice(0, MOST_PICTURES)) figures.push(await figure(file, thumbnail));
  const rest = files.length - figures.length;
  const about = files.length === 0 ? `<strong>${escapeHtml(label ?? '')}</strong> ` : '';
  const badge = `<span class="${severity}">${severity}</span>`;
  const pictures = figures.length > 0 ? `<div class="pictures">${figures.join('')}</div>` : '';
  return `<li>${pictures}<p>${badge} ${about}${escapeHtml(message)}${rest > 0 ? `; ${number(rest)} more files` : ''}</p></li>`;
}

async function figure(file: AuditFile, thumbnail: Thumbnail): Promise<string> {
  const uri = await thumbnail(file);
  const picture =
    uri === undefined
      ? '<div class="none">no picture</div>'
      : `<img src="${uri}" alt="${escapeHtml(file.label ?? 'no label')}, ${file.split}" loading="lazy">`;
  return `<figure>${picture}<figcaption>${escapeHtml(file.file).replaceAll('/', '/<wbr>')}</figcaption></figure>`;
}
