import { columns, csv, type RunFacts, runHeader, runRow, scoreOf } from '../../report/index.js';
import { isLowerBetter } from '../../train/metrics/index.js';
import { findRuns } from './find-runs.js';
import type { RunsOptions } from './runs-command.js';

/** Prints the runs of a folder that are wanted, as a table, as JSON or as CSV. */
export async function listRuns(folder: string, options: RunsOptions): Promise<void> {
  const runs = sorted(
    (await findRuns(folder)).filter((run) => isWanted(run, options)),
    options,
  ).slice(0, options.limit);
  process.stdout.write(textOf(runs, folder, options));
}

function textOf(runs: readonly RunFacts[], folder: string, { json, csv: asCsv, long, metric }: RunsOptions): string {
  if (json) {
    return `${JSON.stringify(
      runs.map((run) => record(run, metric)),
      undefined,
      2,
    )}\n`;
  }
  if (asCsv) return csvOf(runs, metric);
  if (runs.length === 0) return `no runs in ${folder}\n`;
  const lines = columns([runHeader(metric), ...runs.map((run) => runRow(run, metric))], 6);
  for (const { name, problem } of runs) if (problem !== undefined) lines.push(`${name}: ${problem}`);
  if (long) lines.push('', ...runs.map(({ name, command }) => `${name}: ${command}`));
  return `${lines.join('\n')}\n`;
}

function isWanted(run: RunFacts, { state, arch, data, name }: RunsOptions): boolean {
  const holds = (text: string, part: string | undefined) => part === undefined || text.includes(part);
  return (
    (state === undefined || run.state === state) &&
    holds(run.arch, arch) &&
    holds(run.data, data) &&
    holds(run.name, name)
  );
}

/** By a key; runs that have none of it come last. */
function sorted(runs: readonly RunFacts[], { sort, reverse, metric }: RunsOptions): RunFacts[] {
  const keyOf = (run: RunFacts): string | number | undefined => {
    if (sort === 'name') return run.name;
    if (sort === 'date') return run.started;
    if (sort === 'time') return run.seconds;
    const score = scoreOf(run, metric);
    const value = (score?.tta ?? score?.last)?.value;
    // The best comes first.
    return score === undefined || value === undefined ? undefined : isLowerBetter(score.metric) ? value : -value;
  };
  return runs
    .map((run) => ({ run, key: keyOf(run) }))
    .sort((a, b) => {
      if (a.key === undefined || b.key === undefined) return Number(a.key === undefined) - Number(b.key === undefined);
      const order = a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
      return reverse ? -order : order;
    })
    .map(({ run }) => run);
}

/** A run as an object for JSON, without its curves. */
function record(run: RunFacts, metric: string | undefined): object {
  const { losses: _, lrs: __, ...facts } = run;
  return { ...facts, score: scoreOf(run, metric) };
}

const CSV_HEADER = [
  ...['name', 'path', 'state', 'started', 'data', 'arch', 'epochs_done', 'epochs_wanted', 'metric', 'best', 'last'],
  ...['last_low', 'last_high', 'tta', 'tta_low', 'tta_high', 'seconds', 'seed', 'command'],
];

function csvOf(runs: readonly RunFacts[], metric: string | undefined): string {
  const known = (value: number | undefined) => (value === undefined || Number.isNaN(value) ? undefined : value);
  const rows = runs.map((run) => {
    const score = scoreOf(run, metric);
    const { last, tta } = score ?? {};
    return [
      ...[run.name, run.path, run.state, run.started, run.data, run.arch, run.epochsDone, run.epochsWanted],
      ...[score?.metric, known(score?.best), known(last?.value), known(last?.low), known(last?.high)],
      ...[known(tta?.value), known(tta?.low), known(tta?.high), Number(run.seconds.toFixed(2)), run.seed, run.command],
    ];
  });
  return csv(CSV_HEADER, rows);
}
