import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { z } from 'zod';
import { messageOf, UserError } from '../core/errors.js';
import type { Task } from '../core/task.js';
import { ClassificationInterpretation } from '../interpret/index.js';
import { type MeasuredSplit, ReportPictures, type RunReport, RunSummary } from '../report/page/run-report.js';
import { readPredictions } from './predictions-file.js';
import { quoteArgument } from './quote.js';
import { historyOf } from './read-iterations.js';
import { FILES, OptionsFile } from './run-folder.js';

/**
 * All that the folder of a finished run tells. What is not there is left out: the network's answers, pictures, curves.
 *
 * @throws {UserError} if it is not the folder of a finished run, or a file of it is damaged
 */
export async function readRun(folder: string): Promise<RunReport> {
  const options = await read(folder, FILES.options);
  if (options === undefined) throw new UserError(`${folder} is not the folder of a run: it holds no ${FILES.options}`);
  const summaryBytes = await read(folder, FILES.summary);
  if (summaryBytes === undefined) {
    throw new UserError(
      `the run in ${folder} has not come to its end: it holds no ${FILES.summary}; go on with: onecycle train --resume ${quoteArgument(folder)}`,
    );
  }
  const summary = parse(RunSummary, summaryBytes, folder, FILES.summary);
  const { started } = parse(OptionsFile, options, folder, FILES.options);
  const pictures = await read(folder, FILES.reportPictures);
  const iterations = await read(folder, FILES.iterations);
  return {
    name: basename(resolve(folder)),
    started,
    summary,
    command: summary.command.map(quoteArgument).join(' '),
    ...(iterations === undefined ? {} : { history: historyOf(iterations.toString(), summary.epochs) }),
    measured: await measuredIn(folder, summary),
    ...(pictures === undefined ? {} : { pictures: parse(ReportPictures, pictures, folder, FILES.reportPictures) }),
  };
}

/** What a run's predictions are of. */
export interface MeasuredRun {
  readonly data: { readonly task: Task; readonly classes: readonly string[] };
  readonly options: { readonly threshold?: unknown };
}

/** The network's answers that a run has kept. */
export async function measuredIn(folder: string, { data, options }: MeasuredRun): Promise<MeasuredSplit[]> {
  const bytes = await read(folder, FILES.predictions);
  if (bytes === undefined) return [];
  const kept = readPredictions(bytes, join(folder, FILES.predictions));
  const threshold = typeof options.threshold === 'number' ? options.threshold : undefined;
  return (['valid', 'test'] as const).flatMap((split): MeasuredSplit[] => {
    const found = kept.get(split);
    if (found === undefined || found.files.length === 0) return [];
    const { files, targets, plain, tta } = found;
    const common = { split, files, tta: tta !== undefined };
    const preds = tta ?? plain;
    if (data.task !== 'regression') {
      const mixed = tta === undefined ? {} : { plain };
      const { classes } = data;
      const given = { preds, targets, classes, files, threshold, ...mixed };
      return [{ ...common, interpretation: new ClassificationInterpretation(given) }];
    }
    return targets instanceof Float32Array ? [{ ...common, regression: { preds, targets } }] : [];
  });
}

/** Undefined if there is no such file. */
async function read(folder: string, name: string): Promise<Buffer | undefined> {
  try {
    return await readFile(join(folder, name));
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) {
      return undefined;
    }
    throw new UserError(`${join(folder, name)} cannot be read: ${messageOf(error)}`);
  }
}

function parse<T extends z.ZodType>(schema: T, bytes: Buffer, folder: string, name: string): z.infer<T> {
  try {
    return schema.parse(JSON.parse(bytes.toString()));
  } catch {
    throw new UserError(`${join(folder, name)} is damaged: no report can be made of this run`);
  }
}
