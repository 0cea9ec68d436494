import { escapeHtml } from '../display/index.js';
import type { ComparedMetric, Comparison } from './compare-runs.js';
import { htmlPage, pageRow, pageTable } from './page.js';
import type { RunFacts } from './run-facts.js';
import { differenceText, estimateText, verdictText } from './run-numbers.js';
import { runsPlots } from './runs-plots.js';
import { comparedTitle, runHeader, runRow } from './runs-table.js';

/** A comparison of runs as one page of HTML that needs nothing else. */
export function runsPage({ runs, options, metrics }: Comparison): string {
  const main = [
    section(
      'Runs',
      pageTable(
        'Runs',
        runHeader(undefined),
        runs.map((run) => pageRow(runRow(run))),
      ),
    ),
    section('Metrics', metricsPart(metrics)),
    section('Options', optionsPart(runs, options)),
    section(
      'Curves',
      runsPlots(runs)
        .map((plot) => `<div class="plot">${plot.svg({ theme: 'auto' })}</div>`)
        .join('\n'),
    ),
    section('Commands', runs.map(commandPart).join('\n')),
  ];
  const names = runs.map(({ name }) => name).join(', ');
  return htmlPage(`Comparison of ${runs.length} runs`, `<p>${escapeHtml(names)}</p>`, main.join('\n'));
}

function section(title: string, content: string): string {
  return `<section>\n<h2>${title}</h2>\n${content}\n</section>`;
}

function metricsPart(metrics: readonly ComparedMetric[]): string {
  if (metrics.length === 0) return '<p>No run has been measured yet.</p>';
  const about =
    '<p class="note">95 % intervals in brackets. Differences are to the first run; <em>within noise</em>: two networks that are equally good would often differ as much on so many pictures.</p>';
  return [about, ...metrics.map(metricTable)].join('\n');
}

function metricTable({ split, metric, tta, values }: ComparedMetric): string {
  const rows = values.map(({ run, estimate, difference, isBetter }) =>
    pageRow([
      run,
      estimateText(metric, estimate),
      ...(difference === undefined
        ? ['', '']
        : [differenceText(metric, difference), verdictText(difference, isBetter)]),
    ]),
  );
  return pageTable(comparedTitle(split, metric, tta), ['run', metric, 'difference', 'verdict'], rows);
}

function optionsPart(runs: readonly RunFacts[], options: Comparison['options']): string {
  if (options.length === 0) return '<p>All options are the same.</p>';
  const rows = options.map(({ name, values }) => pageRow([name, ...values]));
  return pageTable('Options that differ', ['option', ...runs.map(({ name }) => name)], rows);
}

function commandPart({ name, command }: RunFacts): string {
  return `<p class="command"><strong>${escapeHtml(name)}</strong><br><code>${escapeHtml(command)}</code></p>`;
}
