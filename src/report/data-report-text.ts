import type { DataReport, Finding, FindingKind, Spread } from '../audit/index.js';
import { quoted } from '../data/quoted.js';
import { columns } from './columns.js';

/** Findings of one kind beyond this many are counted only. */
const MOST_SHOWN = 20;
/** Files of one group beyond this many are counted only. */
const MOST_FILES = 6;

/** What the kinds of findings are called as headings. */
export const KIND_TITLES: Readonly<Record<FindingKind, string>> = {
  unreadable: 'Unreadable',
  corrupt: 'Damaged files',
  'wrong-extension': 'Names that tell the wrong format',
  unsupported: 'Formats that cannot be decoded',
  unlabelled: 'Pictures outside of the folders of classes',
  duplicate: 'Duplicates',
  'near-duplicate': 'Near duplicates',
  'empty-class': 'Classes without pictures',
  'missing-class': 'Classes missing in a split',
  imbalance: 'Classes with few pictures',
  'suspicious-label': 'Suspicious labels',
};

/** A report for the terminal. */
export function dataReportText(report: DataReport): string {
  return [countsText(report), sizesText(report), modelLines(report).join('\n'), findingsText(report), verdict(report)]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** The last line: how many errors and warnings. */
export function verdict({ errors, warnings }: Pick<DataReport, 'errors' | 'warnings'>): string {
  if (errors + warnings === 0) return 'nothing wrong was found';
  return `${plural(errors, 'error')}, ${plural(warnings, 'warning')}`;
}

/** The findings, those of one kind together. */
export function byKind(findings: readonly Finding[]): Map<FindingKind, Finding[]> {
  const kinds = new Map<FindingKind, Finding[]>();
  for (const finding of findings) kinds.set(finding.kind, [...(kinds.get(finding.kind) ?? []), finding]);
  return kinds;
}

export function number(value: number, digits = 0): string {
  return value.toLocaleString('en', { maximumFractionDigits: digits });
}

/** How pictures are spread over classes and splits, in a sentence for each split. */
export function balanceLines({ balance }: DataReport): string[] {
  return balance.map(
    ({ split, ratio, entropy }) =>
      `${split === 'all' ? '' : `${split}: `}largest class ${number(ratio, 1)} times the smallest, entropy ${entropy.toFixed(3)} of 1`,
  );
}

/** What a model said of the labels as a whole, and what to think of; nothing if none was asked. */
export function modelLines({ model }: DataReport): string[] {
  if (model === undefined) return [];
  const { pictures, agreement, unknown, notes } = model;
  const skipped = unknown.length === 0 ? '' : `; it does not know ${quoted(unknown)}`;
  const share = `${(100 * agreement).toFixed(1)} % of ${number(pictures)} labels`;
  return [`model: agrees with ${share}${skipped}`, ...notes.map((note) => `note: ${note}`)];
}

/** Names and numbers, such as `jpeg 40, png 2`. */
export function tallyText(tally: Readonly<Record<string, number>>): string {
  return Object.entries(tally)
    .map(([name, count]) => `${name} ${number(count)}`)
    .join(', ');
}

/** The rows of the table of sizes: a name, and five numbers. */
export function sizeRows({ sizes }: DataReport): readonly (readonly string[])[] {
  if (sizes === undefined) return [];
  const row = (name: string, { min, q1, median, q3, max }: Spread, digits: number) => [
    name,
    ...[min, q1, median, q3, max].map((value) => number(value, digits)),
  ];
  return [
    row('width, px', sizes.width, 0),
    row('height, px', sizes.height, 0),
    row('width / height', sizes.aspect, 2),
    row('bytes', sizes.bytes, 0),
  ];
}

export const SIZE_HEADER = ['', 'least', 'quarter', 'median', 'three quarters', 'most'] as const;

/** The rows of the table of classes: header, classes, sum. */
export function countRows({ counts, splits, totals }: DataReport): readonly (readonly string[])[] {
  return [
    ['class', ...splits.map((split) => (split === 'all' ? 'pictures' : split))],
    ...counts.map(({ label, bySplit }) => [label, ...splits.map((split) => number(bySplit[split] ?? 0))]),
    ['all', ...splits.map((split) => number(totals[split] ?? 0))],
  ];
}

function countsText(report: DataReport): string {
  const rows = columns(countRows(report));
  const balance = balanceLines(report);
  return [...rows, ...(balance.length === 0 ? [] : ['', ...balance])].join('\n');
}

function sizesText(report: DataReport): string {
  const rows = sizeRows(report);
  if (rows.length === 0) return 'no picture can be decoded';
  const tallies = [`formats: ${tallyText(report.formats)}`, `colours: ${tallyText(report.modes)}`];
  return [...columns([SIZE_HEADER, ...rows]), '', ...tallies].join('\n');
}

function findingsText({ findings }: DataReport): string {
  const parts = [...byKind(findings)].map(([kind, found]) => {
    const lines = found.slice(0, MOST_SHOWN).map((finding) => `  ${finding.severity}: ${line(finding)}`);
    if (found.length > MOST_SHOWN) lines.push(`  … and ${number(found.length - MOST_SHOWN)} more (--json lists all)`);
    return `${KIND_TITLES[kind]} (${number(found.length)})\n${lines.join('\n')}`;
  });
  return parts.join('\n\n');
}

function line({ label, files, message }: Finding): string {
  if (files.length === 0) return `${label} ${message}`;
  const names = files.slice(0, MOST_FILES).map(({ file }) => file);
  if (files.length > MOST_FILES) names.push(`${files.length - MOST_FILES} more`);
  return files.length === 1 ? `${names[0]}: ${message}` : `${names.join(', ')} ${message}`;
}

function plural(n: number, what: string): string {
  return `${number(n)} ${what}${n === 1 ? '' : 's'}`;
}
