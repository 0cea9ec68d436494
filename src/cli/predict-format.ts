import type { ExportedInfo } from '../exported/metadata.js';
import { csvLine } from '../report/csv.js';
import { type AnswerOptions, answerOf } from './answer.js';

export type Format = 'text' | 'json' | 'jsonl' | 'csv';

/** How predictions are written, one after the other, so that none of them need be kept. */
export interface PredictionFormat {
  readonly begin: string;
  /** @param row probabilities of the classes, or a regression's values */
  line(file: string, row: Float32Array, isFirst: boolean): string;
  /** @param isEmpty whether there were none */
  end(isEmpty: boolean): string;
}

export function predictionFormat(format: Format, info: ExportedInfo, said: AnswerOptions): PredictionFormat {
  const answer = (row: Float32Array) => answerOf(info, row, said);
  const record = (file: string, row: Float32Array) => ({ file, ...answer(row).record });
  switch (format) {
    case 'text':
      return { begin: '', line: (file, row) => `${file}: ${answer(row).text}\n`, end: () => '' };
    case 'jsonl':
      return { begin: '', line: (file, row) => `${JSON.stringify(record(file, row))}\n`, end: () => '' };
    case 'json':
      return {
        begin: '[',
        line: (file, row, isFirst) =>
          `${isFirst ? '' : ','}\n${indented(JSON.stringify(record(file, row), undefined, 2))}`,
        end: (isEmpty) => (isEmpty ? ']\n' : '\n]\n'),
      };
    case 'csv':
      return {
        begin: csvLine(['file', ...predictionHeader(info)]),
        line: (file, row) => csvLine([file, ...predictionCells(info, row, said.threshold)]),
        end: () => '',
      };
  }
}

/** Columns of a prediction in a CSV file: what is given, and all numbers. */
export function predictionHeader({ task, classes }: ExportedInfo): string[] {
  if (task === 'regression') return [...classes];
  const given = task === 'single-label' ? ['label', 'probability'] : ['labels'];
  return [...given, ...classes.map((name) => `probability:${name}`)];
}

/** The cells of these columns; several labels are joined by ";". */
export function predictionCells(
  { task, classes }: ExportedInfo,
  row: Float32Array,
  threshold: number,
): (string | number)[] {
  const numbers = Array.from(row, shortest);
  if (task === 'regression') return numbers;
  if (task === 'multi-label') return [classes.filter((_, c) => (row[c] ?? 0) > threshold).join(';'), ...numbers];
  const best = row.indexOf(Math.max(...row));
  return [classes[best] ?? '', numbers[best] ?? 0, ...numbers];
}

/** The shortest decimal that is the same float32, to nine digits at most. */
function shortest(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return rounded;
  }
  return value;
}

function indented(text: string): string {
  return text.replace(/^/gm, '  ');
}
