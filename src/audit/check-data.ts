import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { DEFAULT_MAX_UNPACKED_BYTES } from '../data/node/archive.js';
import { mapBounded } from '../data/node/map-bounded.js';
import { pictureFolder } from '../data/node/picture-folder.js';
import type { OnProgress } from '../data/progress.js';
import { cacheHome } from '../runtime/node/cache-home.js';
import { duplicateFindings, type ExaminedFile } from './duplicates.js';
import { examine, hiddenPicture } from './examine.js';
import type { AuditFile, DataReport, Finding, FindingKind } from './findings.js';
import { balanceOf, classFindings, spread, tally } from './statistics.js';
import { type Survey, type SurveyedFile, survey } from './survey.js';

export interface CheckDataOptions {
  /** Name of the training folder. Default `train`. */
  readonly train?: string | undefined;
  /** Name of the validation folder. Default: the first of `valid`, `val`, `validation`, `test` that exists. */
  readonly valid?: string | undefined;
  /** Bound on what an archive unpacks to, in bytes. Default 20 GiB. */
  readonly maxUnpackedBytes?: number | undefined;
  /** Folder for unpacked archives. Default: see `cacheHome`. */
  readonly cacheFolder?: string | undefined;
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
 * Reads every file of a folder or archive of pictures, laid out as for `ImageDataBunch.fromFolder`, and reports what is wrong with the
 * set: files that cannot be used, duplicates within and across splits, classes with too few pictures. It changes nothing.
 *
 * Memory: about 2 KiB a picture, and as many decoded pictures as there are cores (four at least).
 *
 * Throws a UserError if the path, the archive or the layout is no good; what is wrong with single files is in the report.
 */
export async function checkData(path: string, options: CheckDataOptions = {}): Promise<DataReport> {
  const { onProgress } = options;
  const folder = await pictureFolder(path, {
    cacheFolder: options.cacheFolder ?? cacheHome(),
    maxUnpackedBytes: options.maxUnpackedBytes ?? DEFAULT_MAX_UNPACKED_BYTES,
    onProgress,
  });
  const found = await survey(folder, { train: options.train ?? 'train', valid: options.valid });
  const { good, findings } = await examineAll(found, onProgress);
  const duplicates = await duplicateFindings(good, async (done, total) => {
    onProgress?.({ stage: 'compare', done, total });
    // Comparing is work for this thread: signals and timers get their turn.
    await setImmediate();
  });
  const counts = countsOf(found, good);
  return reportOf(folder, found, good, counts, [
    ...found.findings,
    ...findings,
    ...classFindings(counts, found.splits),
    ...duplicates,
  ]);
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
    if (picture !== undefined) good.push({ ...withoutPath(file), picture });
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
  for (const { label = '', split } of good) {
    const bySplit = numbers.get(label);
    if (bySplit !== undefined) bySplit[split] = (bySplit[split] ?? 0) + 1;
  }
  return [...numbers].map(([label, bySplit]) => ({ label, bySplit }));
}

function reportOf(
  folder: string,
  { classes, splits, pictures }: Survey,
  good: readonly ExaminedFile[],
  counts: DataReport['counts'],
  findings: readonly Finding[],
): DataReport {
  const all = good.map(({ picture }) => picture);
  return {
    folder,
    classes,
    splits,
    pictures: pictures.length,
    counts,
    balance: splits.map((split) => balanceOf(counts, split)),
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
    // Stable: within a kind they stay in the order of the files.
    findings: findings.toSorted((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind)),
    errors: findings.filter(({ severity }) => severity === 'error').length,
    warnings: findings.filter(({ severity }) => severity === 'warning').length,
  };
}

/** Where a file of a report lies. */
export function pathOf({ folder }: Pick<DataReport, 'folder'>, { file }: AuditFile): string {
  return join(folder, file);
}
