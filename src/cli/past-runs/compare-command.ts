import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { Command } from 'commander';
import { z } from 'zod';
import { UserError } from '../../core/errors.js';
import { type ComparedRun, compareRuns, comparisonText, type KeptPredictions, runsPage } from '../../report/index.js';
import { isFile, readFile, writeFile } from '../../runtime/node/files.js';
import { parseOptions, UsageError } from '../fields.js';
import { readPredictions } from '../predictions-file.js';
import { FILES } from '../run-folder.js';
import { readRun } from './read-run.js';

const CompareOptions = z.object({
  metric: z.string().min(1).optional(),
  html: z.string().min(1, { error: 'must name a file' }).optional(),
  json: z.boolean().default(false),
});

export function compareCommand(): Command {
  return new Command('compare')
    .description(
      'show what differs between runs, and whether it is more than noise; the first is what others are compared with',
    )
    .argument('<runs...>', 'folders of runs, or their names in the folder runs')
    .option('--metric <name>', 'only this metric')
    .option('--html <file>', 'also write the comparison, with curves, as a page of HTML')
    .option('--json', 'print the comparison as JSON')
    .action(async (names: readonly string[], raw: Record<string, unknown>) => {
      await compare(names, parseOptions(CompareOptions, raw));
    });
}

async function compare(names: readonly string[], options: z.infer<typeof CompareOptions>): Promise<void> {
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
