import type { ExportedInfo } from '../exported/metadata.js';
import { percent } from '../report/table.js';

/** What a model says of a picture: in words, and as a record for JSON. */
export interface Answer {
  readonly text: string;
  readonly record: Readonly<Record<string, unknown>>;
}

export interface AnswerOptions {
  /** How many classes to tell. */
  readonly top: number;
  /** With several labels, those above it are given. */
  readonly threshold: number;
}

/** Puts a row of a model's outputs into words, as its task has it. */
export function answerOf(
  { task, classes }: Pick<ExportedInfo, 'task' | 'classes'>,
  row: Float32Array,
  { top, threshold }: AnswerOptions,
): Answer {
  const named = Array.from(row, (value, c) => ({ label: classes[c] ?? '', value }));
  if (task === 'regression') {
    return {
      text: named.map(({ label, value }) => `${label} ${value.toPrecision(5)}`).join(', '),
      record: { values: Object.fromEntries(named.map(({ label, value }) => [label, value])) },
    };
  }
  const all = named.map(({ label, value }) => ({ label, probability: value }));
  const ranked = all.sort((a, b) => b.probability - a.probability);
  const first = ranked.slice(0, top);
  if (task === 'single-label') return { text: listed(first), record: { ...first[0], top: first } };
  const given = ranked.filter(({ probability }) => probability > threshold);
  return {
    text: given.length === 0 ? `no label above ${percent(threshold)}` : listed(given),
    record: { labels: given.map(({ label }) => label), top: first },
  };
}

function listed(labels: readonly { readonly label: string; readonly probability: number }[]): string {
  return labels.map(({ label, probability }) => `${label} ${percent(probability)}`).join(', ');
}
