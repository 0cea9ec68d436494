import { join } from 'node:path';
import { UserError } from '../core/errors.js';
import { mapAhead } from '../data/prefetch.js';
import type { OnProgress } from '../data/progress.js';
import { quoted } from '../data/quoted.js';
import type { AuditFile, Finding, ModelVerdict } from './findings.js';
import { agreement, type Judged, type LabelModel, suspiciousLabels } from './suspicious-labels.js';

/** Pictures that a model is asked about at a time, and how many times it may be asked before it has answered. */
const BATCH = 64;
const AHEAD = 3;

/**
 * Asks a model about every picture whose label it knows.
 *
 * Throws a UserError if it knows none of the labels.
 */
export async function judgeLabels(
  folder: string,
  files: readonly AuditFile[],
  model: LabelModel,
  onProgress: OnProgress | undefined,
): Promise<{ readonly findings: Finding[]; readonly verdict: ModelVerdict }> {
  const numbers = new Map(model.classes.map((name, number) => [name, number]));
  const labels = [...new Set(files.flatMap(({ label }) => label ?? []))];
  const known = files.filter(({ label }) => label !== undefined && numbers.has(label));
  if (known.length === 0) {
    throw new UserError(
      `the model knows none of the labels of ${folder}: it tells ${quoted(model.classes)} apart, the pictures are labelled ${quoted(labels)}`,
    );
  }
  const judged: Judged[] = [];
  let done = 0;
  const answers = mapAhead(batchesOf(known), AHEAD, async (batch) => {
    return { batch, rows: await model.probabilities(batch.map(({ file }) => join(folder, file))) };
  });
  for await (const { batch, rows } of answers) {
    batch.forEach(({ file, split, label = '' }, i) => {
      const probabilities = rows[i];
      if (probabilities === undefined) return;
      judged.push({ file: { file, split, label }, label: numbers.get(label) ?? 0, probabilities });
    });
    done += batch.length;
    onProgress?.({ stage: 'judge', done, total: known.length });
  }
  return {
    findings: suspiciousLabels(judged, model.classes),
    verdict: {
      pictures: judged.length,
      agreement: agreement(judged),
      unknown: labels.filter((label) => !numbers.has(label)),
      notes: model.notes ?? [],
    },
  };
}

async function* batchesOf<T>(files: readonly T[]): AsyncGenerator<readonly T[]> {
  for (let at = 0; at < files.length; at += BATCH) yield files.slice(at, at + BATCH);
}
