import type { Command } from 'commander';
import { chosenOptions } from './chosen-options.js';
import { flagOf, parseOptions, UsageError } from './fields.js';
import { sameNetwork } from './network.js';
import { RunFolder } from './run-folder.js';
import { namedSource } from './source.js';
import type { Shown } from './train-command.js';
import { TrainOptions } from './train-options.js';
import type { TrainJob } from './train-run.js';

/** Flags that say how a run is shown and where it goes, not what it computes: they may stand beside `--resume`. */
const FREE = new Set(['resume', 'quiet', 'json', 'workers', 'checkpointEvery', 'force', 'report', 'plot']);

/** Trains, or goes on; gives the exit code. */
export async function train(data: string | undefined, shown: Shown, command: Command): Promise<number> {
  const job =
    shown.resume === undefined
      ? await newJob(data, command.opts(), shown)
      : await resumedJob(data, shown.resume, shown, command);
  // What trains and draws is loaded only now, so that mistakes show at once.
  const { TrainReporter } = await import('./train-reporter.js');
  const { trainRun } = await import('./train-run.js');
  const reporter = new TrainReporter(
    { talk: !shown.quiet && !shown.json, progress: !shown.quiet, plot: shown.plot },
    job.options,
  );
  for (const notice of job.arch.imported?.notices ?? []) reporter.say(notice);
  const { exitCode, summary } = await trainRun(job, reporter);
  if (summary === undefined) return exitCode;
  if (shown.json) reporter.print(JSON.stringify(summary, undefined, 2));
  else {
    reporter.results(summary.results);
    reporter.say(`results are in ${job.folder.path}`);
  }
  return exitCode;
}

async function newJob(
  data: string | undefined,
  raw: Readonly<Record<string, unknown>>,
  shown: Shown,
): Promise<TrainJob> {
  if (data === undefined) throw new UsageError('name a folder or archive of pictures to train on, or --resume a run');
  const { options, arch } = await chosenOptions(data, raw, shown.quiet);
  const folder = await (shown.out === undefined ? RunFolder.createNew(data) : RunFolder.create(shown.out, shown.force));
  const { checkpointEvery, report } = shown;
  return { options, arch, folder, command: process.argv.slice(2), checkpointEvery, report, resumed: undefined };
}

async function resumedJob(
  data: string | undefined,
  path: string,
  { checkpointEvery, force, report }: Shown,
  command: Command,
): Promise<TrainJob> {
  for (const { attributeName } of command.options.map((o) => ({ attributeName: o.attributeName() }))) {
    if (!FREE.has(attributeName) && command.getOptionValueSource(attributeName) === 'cli') {
      throw new UsageError(`--resume takes its options from the run: leave ${flagOf(attributeName)} out`);
    }
  }
  const { folder, started } = await RunFolder.open(path);
  const workers = command.getOptionValueSource('workers') === 'cli' ? { workers: command.opts().workers } : {};
  // Pictures that have moved since can be named anew.
  const moved = data === undefined ? {} : namedSource(data);
  const options = parseOptions(TrainOptions, { ...started.options, ...workers, ...moved });
  const arch = await sameNetwork(options.arch, options.archSha256);
  const resumed = { data: started.data, anyData: force };
  return { options, arch, folder, command: started.command, checkpointEvery, report, resumed };
}
