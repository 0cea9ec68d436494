import type { SplitName } from '../data/index.js';
import type { Evaluation } from '../exported/evaluation.js';
import type { ExportedInfo } from '../exported/metadata.js';
import { mostConfused } from '../interpret/confusion.js';
import type { ClassScores, ConfusionMatrix } from '../interpret/index.js';
import { columns } from '../report/columns.js';
import { intervalText } from './interval-text.js';

export interface EvaluationResults {
  readonly model: string;
  readonly splits: readonly SplitName[];
  readonly pictures: number;
  readonly skipped: readonly { readonly file: string; readonly reason: string }[];
  readonly plain: Evaluation;
  readonly tta?: Evaluation;
}

const WHICH = { valid: 'validation ', test: 'test ' } as const;

/** More classes than this make a matrix that nobody reads on a terminal. */
const MOST_IN_MATRIX = 12;
const CONFUSIONS = 10;

/**
 * What came of measuring, in words.
 *
 * @param shares metrics that are shown as percentages
 */
export function evaluationText(r: EvaluationResults, info: ExportedInfo, shares: ReadonlySet<string>): string {
  const lines: string[] = [];
  const [first] = r.skipped;
  if (first !== undefined) lines.push(`left out: ${r.skipped.length}, e.g. ${first.file}: ${first.reason}`);
  const [only, ...others] = r.splits;
  const which = only === undefined || only === 'train' || others.length > 0 ? '' : WHICH[only];
  for (const [name, estimate] of Object.entries(r.plain.metrics)) {
    lines.push(`${name} on ${r.pictures} ${which}pictures: ${intervalText(estimate, shares.has(name))}`);
    const augmented = r.tta?.metrics[name];
    if (augmented !== undefined) {
      lines.push(`  with test-time augmentation ${intervalText(augmented, shares.has(name))}`);
    }
  }
  const last = r.tta ?? r.plain;
  lines.push('', ...table(last));
  if (last.confusion !== undefined) lines.push('', ...confusionText(info.classes, last.confusion));
  return lines.join('\n');
}

function table({ report, outputs = [] }: Evaluation): string[] {
  if (report === undefined) {
    return columns([
      ['output', 'MAE', 'RMSE'],
      ...outputs.map(({ name, mae, rmse }) => [name, mae.toPrecision(4), rmse.toPrecision(4)]),
    ]);
  }
  const row = (label: string, { support, precision, recall, f1 }: ClassScores) => [
    label,
    String(support),
    ...[precision, recall, f1].map((score) => score.toFixed(3)),
  ];
  return columns([
    ['class', 'pictures', 'precision', 'recall', 'F1'],
    ...report.classes.map((of) => row(of.label, of)),
    row('mean', report.macro),
  ]);
}

/** The matrix of a few classes; of many, the commonest confusions. */
function confusionText(classes: readonly string[], confusion: ConfusionMatrix): string[] {
  if (classes.length <= MOST_IN_MATRIX) {
    return columns([
      ['shown \\ taken for', ...classes],
      ...confusion.map((row, c) => [classes[c] ?? '', ...row.map(String)]),
    ]);
  }
  const most = mostConfused(confusion, classes, 1).slice(0, CONFUSIONS);
  if (most.length === 0) return ['no picture is taken for another class'];
  const rows = most.map(({ actual, predicted, count }) => [actual, predicted, String(count)]);
  return columns([['shown', 'taken for', 'pictures'], ...rows], 2);
}
