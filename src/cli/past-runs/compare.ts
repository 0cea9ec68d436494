import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { UserError } from '../../core/errors.js';
import { type ComparedRun, compareRuns, comparisonText, type KeptPredictions, runsPage } from '../../report/index.js';
import { isFile, readFile, writeFile } from '../../runtime/node/files.js';
import { UsageError } from '../fields.js';
import { readPredictions } from '../predictions-file.js';
import { FILES } from '../run-folder.js';
import type { CompareOptions } from './compare-command.js';
import { readRun } from './read-run.js';

/** Prints what differs between runs: their folders, or their names in the folder runs. */
export async function compare(names: readonly string[], options: CompareOptions): Promise<void> {
  if (names.length < 2) throw new UsageError('name two runs or more to compare');
  const runs: ComparedRun[] = [];
  for (const name of names) runs.push(await comparedRun(name, names));
  const comparison = compareRuns(runs, options.metric);
  if (options.metric !== undefined && comparison.metrics.length === 0) {
    throw new UserError(`no run has been measured by ${options.metric}`);
  }
  if (options.html !== undefined) await writeFile(options.html, runsPage(comparison));
  if (!options.json) process.stdout.write(comparisonText(comparison));
  else {
    const facts = comparison.runs.map(({ losses: _, lrs: __, ...run }) => run);
    process.stdout.write(`${JSON.stringify({ ...comparison, runs: facts }, undefined, 2)}\n`);
  }
}

async function comparedRun(name: string, all: readonly string[]): Promise<ComparedRun> {
  const path = await runFolder(name);
  // Short names, unless two are the same.
  const short = basename(resolve(path));
  const isShared = all.filter((other) => basename(resolve(other)) === short).length > 1;
  const facts = await readRun(path, isShared ? name : short);
  if (facts.state === 'broken') throw new UserError(`the run ${name} is broken: ${facts.problem}`);
  return { facts, predictions: await predictionsOf(path) };
}

async function runFolder(name: string): Promise<string> {
  for (const path of [name, join('runs', name)]) if (await isFile(join(path, FILES.options))) return path;
  const what =
    (await stat(name).catch(() => undefined)) === undefined ? 'there is no run' : 'this is not the folder of a run:';
  throw new UserError(`${what} ${name}`);
}

async function predictionsOf(path: string): Promise<ReadonlyMap<string, KeptPredictions> | undefined> {
  const file = join(path, FILES.predictions);
  return (await isFile(file)) ? readPredictions(await readFile(file), file) : undefined;
}
