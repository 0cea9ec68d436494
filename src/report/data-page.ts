import type { AuditFile, DataReport, Finding, FindingKind } from '../audit/index.js';
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
import { page, type Section } from './page/document.js';
import { type Html, html, join } from './page/html.js';
import { bar, table } from './page/table.js';

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
  const sections: Section[] = [];
  for (const [kind, findings] of byKind(report.findings)) sections.push(await kindSection(kind, findings, thumbnail));
  return page({
    title: `Check of ${name}`,
    lead: html`<p>${number(report.pictures)} pictures${report.classes.length === 0 ? '' : ` in ${number(report.classes.length)} classes`}: <strong>${verdict(report)}</strong></p>`,
    navigation: 'Findings',
    sections: [classesSection(report), sizesSection(report), ...modelSections(report), ...sections],
  });
}

function classesSection(report: DataReport): Section {
  const [header = [], ...rows] = countRows(report);
  const largest = report.counts.flatMap(({ bySplit }) => Object.values(bySplit)).reduce((a, b) => Math.max(a, b), 1);
  const body = rows.map(([name = '', ...cells], r) => {
    const counts = report.counts[r]?.bySplit;
    return [
      name,
      ...cells.map((cell, c) => {
        const split = report.splits[c];
        const count = split === undefined ? undefined : counts?.[split];
        return count === undefined ? cell : html`${cell}${bar(count / largest)}`;
      }),
    ];
  });
  return {
    id: 'classes',
    title: 'Classes',
    body: html`${table('Pictures that can be used, by class and split', header, body)}
<p>${lines(balanceLines(report))}</p>`,
  };
}

/** What a model doubts, if one was asked. */
function modelSections(report: DataReport): Section[] {
  const said = modelLines(report);
  if (said.length === 0) return [];
  return [{ id: 'model', title: 'Labels and the model', body: html`<p>${lines(said)}</p>` }];
}

function sizesSection(report: DataReport): Section {
  const rows = sizeRows(report);
  const body =
    rows.length === 0
      ? html`<p>No picture can be decoded.</p>`
      : html`${table('Sizes of the pictures', SIZE_HEADER, rows)}
<p>${lines([`Formats: ${tallyText(report.formats)}`, `Colours: ${tallyText(report.modes)}`])}</p>`;
  return { id: 'sizes', title: 'Sizes', body };
}

async function kindSection(kind: FindingKind, findings: readonly Finding[], thumbnail: Thumbnail): Promise<Section> {
  const items: Html[] = [];
  for (const finding of findings.slice(0, MOST_SHOWN)) items.push(await item(finding, thumbnail));
  const rest = findings.length - MOST_SHOWN;
  return {
    id: kind,
    title: KIND_TITLES[kind],
    count: number(findings.length),
    body: html`<ul class="findings">
${items}
</ul>${rest > 0 ? html`<p>… and ${number(rest)} more; <code>--json</code> lists all.</p>` : undefined}`,
  };
}

async function item({ severity, label, message, files }: Finding, thumbnail: Thumbnail): Promise<Html> {
  const figures: Html[] = [];
  for (const file of files.slice(0, MOST_PICTURES)) figures.push(await figure(file, thumbnail));
  const rest = files.length - figures.length;
  const pictures = figures.length > 0 ? html`<div class="pictures">${join(figures)}</div>` : undefined;
  const about = files.length === 0 ? html`<strong>${label}</strong> ` : undefined;
  return html`<li>${pictures}<p><span class="${severity}">${severity}</span> ${about}${message}${rest > 0 ? `; ${number(rest)} more files` : ''}</p></li>`;
}

async function figure(file: AuditFile, thumbnail: Thumbnail): Promise<Html> {
  const uri = await thumbnail(file);
  const picture =
    uri === undefined
      ? html`<div class="none">no picture</div>`
      : html`<img src="${uri}" alt="${`${file.label ?? 'no label'}, ${file.split}`}">`;
  return html`<figure>${picture}<figcaption>${breakable(file.file)}</figcaption></figure>`;
}

/** Lines one below the other. */
function lines(texts: readonly string[]): Html {
  return join(
    texts.map((text) => html`${text}`),
    '<br>',
  );
}

/** A path that may be broken behind its slashes. */
function breakable(path: string): Html {
  return join(
    path.split('/').map((part) => html`${part}`),
    '/<wbr>',
  );
}
