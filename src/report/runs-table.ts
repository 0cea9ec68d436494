import { columns } from './columns.js';
import type { Comparison } from './compare-runs.js';
import type { RunFacts } from './run-facts.js';
import { differenceText, estimateText, valueText, verdictText } from './run-numbers.js';
import { scoreOf } from './run-score.js';
import { clock } from './table.js';

/** The header of `runRow`. */
export function runHeader(metric: string | undefined): string[] {
  return [
    'run',
    'state',
    'started',
    'data',
    'network',
    'epochs',
    metric ?? 'metric',
    'best epoch',
    'with TTA',
    'time',
    'seed',
  ];
}

/** What a table tells of a run. */
export function runRow(run: RunFacts, metric?: string): string[] {
  const score = scoreOf(run, metric);
  const name = score?.metric ?? '';
  const epochs = run.epochsWanted === undefined ? String(run.epochsDone) : `${run.epochsDone}/${run.epochsWanted}`;
  return [
    ...[run.name, run.state, started(run), run.data, run.arch, epochs],
    ...[estimateText(name, score?.last), valueText(name, score?.best), estimateText(name, score?.tta)],
    ...[clock(run.seconds), run.seed === undefined ? '–' : String(run.seed)],
  ];
}

/** In UTC, to the minute. */
function started(run: RunFacts): string {
  return run.started.slice(0, 16).replace('T', ' ');
}

/** A comparison as lines of text. */
export function comparisonText({ runs, options, metrics }: Comparison): string {
  const names = runs.map(({ name }) => name);
  const lines = columns([runHeader(undefined), ...runs.map((run) => runRow(run))], 6);
  if (options.length === 0) lines.push('', 'All options are the same.');
  else {
    const rows = options.map(({ name, values }) => [name, ...values]);
    lines.push('', ...columns([['option', ...names], ...rows], 1 + names.length));
  }
  for (const { split, metric, tta, values } of metrics) {
    lines.push('', comparedTitle(split, metric, tta));
    const rows = values.map(({ run, estimate, difference, isBetter }, i) => [
      run,
      estimateText(metric, estimate),
      difference === undefined ? '' : differenceText(metric, difference),
      difference === undefined ? (i === 0 ? 'compared with' : '') : verdictText(difference, isBetter),
    ]);
    lines.push(...columns([['run', '95 % interval', 'difference', ''], ...rows], 4));
  }
  if (metrics.length === 0) lines.push('', 'No run has been measured yet.');
  return `${lines.join('\n')}\n`;
}

export function comparedTitle(split: 'valid' | 'test', metric: string, tta: boolean): string {
  return `${metric} on the ${split === 'valid' ? 'validation' : 'test'} set${tta ? ', with test-time augmentation' : ''}`;
}
