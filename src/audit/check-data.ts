import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { LabelledSet } from '../data/item.js';
import { mapBounded } from '../data/node/map-bounded.js';
import { resolveFolderOptions } from '../data/node/options.js';
import { readListed } from '../data/node/read-pictures.js';
import type { OnProgress } from '../data/progress.js';
import { duplicateFindings, type ExaminedFile } from './duplicates.js';
import { examine, hiddenPicture } from './examine.js';
import type { AuditFile, DataReport, Finding, FindingKind } from './findings.js';
import { judgeLabels } from './judge-labels.js';
import { balanceOf, classFindings, spread, tally } from './statistics.js';
import { type Survey, type SurveyedFile, survey } from './survey.js';
import { surveyLabelled } from './survey-labelled.js';
import type { LabelModel } from './suspicious-labels.js';

export interface CheckDataOptions {
  /** Name of the training folder. Default `train`. */
  readonly train?: string | undefined;
  /** Name of the validation folder. Default: the first of `valid`, `val`, `validation`, `test` that exists. */
  readonly valid?: string | undefined;
  /** Name of the folder of a test set. Default: `test`, if there is one and another to validate on. */
  readonly test?: string | undefined;
  /** Where labels are in a table beside the pictures: their column. Default: `label` or the like, or the only one. */
  readonly labelColumn?: string | undefined;
  /** Where pictures are in Parquet files: their column. Default: from the files. */
  readonly imageColumn?: string | undefined;
  /** Bound on what an archive unpacks to, in bytes. Default 20 GiB. */
  readonly maxUnpackedBytes?: number | undefined;
  /** Folder for unpacked archives. Default: see `cacheHome`. */
  readonly cacheFolder?: string | undefined;
  /** A trained classifier to doubt labels. Default: none does. */
  readonly model?: LabelModel | undefined;
  readonly onProgress?: OnProgress | undefined;
}

/** The order in which findings are told. */
const KINDS: readonly FindingKind[] = [
  'unreadable',
  'corrupt',
  'wrong-extension',
  'unsupported',
  'unlabelled',
  'empty-class',
  'missing-class',
  'imbalance',
  'duplicate',
  'near-duplicate',
  'suspicious-label',
];

/**
 * Reads every file of a set of pictures and reports what is wrong with it: files that cannot be used, duplicates within and across splits, classes with too few pictures. It changes nothing.
 *
 * Memory: about 2 KiB a picture, and as many decoded pictures as there are cores (four at least).
 *
 * Throws a UserError if the path, the archive, the layout or a table is no good; what is wrong with single pictures is in the report.
 *
 * @param source a folder or archive, as for `ImageDataBunch.fromFolder`; or what `LabelLists.read` gives
 */
export async function checkData(source: string | LabelledSet, options: CheckDataOptions = {}): Promise<DataReport> {
  const { onProgress } = options;
  const { folder, found } = await surveyOf(source, options);
  const { good, findings } = await examineAll(found, onProgress);
  const duplicates = await duplicateFindings(good, async (done, total) => {
    onProgress?.({ stage: 'compare', done, total });
    // Comparing is work for this thread: signals and timers get their turn.
    await setImmediate();
  });
  const judged = options.model && (await judgeLabels(folder, good, options.model, onProgress));
  const counts = countsOf(found, good);
  const all = [
    ...found.findings,
    ...findings,
    ...classFindings(
      counts,
      found.splits,
      found.pictures.every(({ shows }) => shows.length === 1),
    ),
    ...duplicates,
    ...(judged?.findings ?? []),
  ];
  return reportOf(folder, found, good, { counts, model: judged?.verdict }, all);
}

async function surveyOf(source: string | LabelledSet, options: CheckDataOptions) {
  const listed = typeof source === 'string' ? await readListed(source, resolveFolderOptions(options)) : source;
  if ('files' in listed) return { folder: listed.root, found: surveyLabelled(listed.root, listed.files) };
  const { train = 'train', valid, test } = options;
  return { folder: listed.folder, found: await survey(listed.folder, { train, valid, test }) };
}

async function examineAll({ pictures, others }: Survey, onProgress: OnProgress | undefined) {
  const lanes = Math.max(4, availableParallelism());
  const total = pictures.length + others.length;
  let done = 0;
  const each = <T>(files: readonly SurveyedFile[], task: (path: string) => Promise<T>): Promise<T[]> =>
    mapBounded(files, lanes, async ({ path }) => {
      const result = await task(path);
      onProgress?.({ stage: 'decode', done: ++done, total });
      return result;
    });
  const examined = await each(pictures, examine);
  const hidden = await each(others, hiddenPicture);
  const findings: Finding[] = [];
  const good: ExaminedFile[] = [];
  pictures.forEach((file, i) => {
    for (const flaw of examined[i]?.flaws ?? []) findings.push({ ...flaw, files: [withoutPath(file)] });
    const picture = examined[i]?.picture;
    if (picture !== undefined) good.push({ ...withoutPath(file), shows: file.shows, picture });
  });
  others.forEach((file, i) => {
    const format = hidden[i];
    if (format === undefined) return;
    const message = `is a picture (${format.toUpperCase()}) that its name does not tell, and is not used`;
    findings.push({ kind: 'wrong-extension', severity: 'warning', message, files: [withoutPath(file)] });
  });
  return { good, findings };
}

function withoutPath({ file, split, label }: SurveyedFile): AuditFile {
  return { file, split, label };
}

function countsOf({ classes, splits }: Survey, good: readonly ExaminedFile[]): DataReport['counts'] {
  const numbers = new Map(classes.map((label) => [label, Object.fromEntries(splits.map((split) => [split, 0]))]));
  for (const { shows, split } of good) {
    for (const label of shows) {
      const bySplit = numbers.get(label);
      if (bySplit !== undefined) bySplit[split] = (bySplit[split] ?? 0) + 1;
    }
  }
  return [...numbers].map(([label, bySplit]) => ({ label, bySplit }));
}

function reportOf(
  folder: string,
  { classes, splits, pictures }: Survey,
  good: readonly ExaminedFile[],
  { counts, model }: Pick<DataReport, 'counts' | 'model'>,
  findings: readonly Finding[],
): DataReport {
  const all = good.map(({ picture }) => picture);
  return {
    folder,
    classes,
    splits,
    pictures: pictures.length,
    totals: Object.fromEntries(
      splits.map((split) => [split, good.filter((file) => file.split === split).length] as const),
    ),
    counts,
    balance: (classes.length === 0 ? [] : splits).map((split) => balanceOf(counts, split)),
    sizes:
      all.length === 0
        ? undefined
        : {
            width: spread(all.map(({ width }) => width)),
            height: spread(all.map(({ height }) => height)),
            aspect: spread(all.map(({ width, height }) => width / height)),
            bytes: spread(all.map(({ bytes }) => bytes)),
          },
    formats: tally(all.map(({ format }) => format)),
    modes: tally(all.map(({ mode }) => mode)),
    model,
    // Stable: within a kind they stay in the order of the files, or of doubt.
    findings: findings.toSorted((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind)),
    errors: findings.filter(({ severity }) => severity === 'error').length,
    warnings: findings.filter(({ severity }) => severity === 'warning').length,
  };
}

/** Where a file of a report lies. */
export function pathOf({ folder }: Pick<DataReport, 'folder'>, { file }: AuditFile): string {
  return join(folder, file);
}
