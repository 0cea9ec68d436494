import type { ComparedMetric, Comparison } from './compare-runs.js';
import { page, type Section } from './page/document.js';
import { figures } from './page/figure.js';
import { type Html, html } from './page/html.js';
import { table } from './page/table.js';
import type { RunFacts } from './run-facts.js';
import { differenceText, estimateText, verdictText } from './run-numbers.js';
import { runsPlots } from './runs-plots.js';
import { comparedTitle, runHeader, runRow } from './runs-table.js';

/** A comparison of runs as one page of HTML that needs nothing else. */
export function runsPage({ runs, options, metrics }: Comparison): string {
  const sections: Section[] = [
    {
      id: 'runs',
      title: 'Runs',
      body: table(
        'Runs',
        runHeader(undefined),
        runs.map((run) => runRow(run)),
      ),
    },
    { id: 'metrics', title: 'Metrics', body: metricsPart(metrics) },
    { id: 'options', title: 'Options', body: optionsPart(runs, options) },
    { id: 'curves', title: 'Curves', body: figures(runsPlots(runs)) },
    { id: 'commands', title: 'Commands', body: html`${runs.map(commandPart)}` },
  ];
  return page({
    title: `Comparison of ${runs.length} runs`,
    lead: html`<p>${runs.map(({ name }) => name).join(', ')}</p>`,
    navigation: 'Contents',
    sections,
  });
}

function metricsPart(metrics: readonly ComparedMetric[]): Html {
  if (metrics.length === 0) return html`<p>No run has been measured yet.</p>`;
  return html`<p>95 % intervals in brackets. Differences are to the first run; <em>within noise</em>: two networks that are equally good would
often differ as much on so many pictures.</p>
${metrics.map(metricTable)}`;
}

function metricTable({ split, metric, tta, values }: ComparedMetric): Html {
  const rows = values.map(({ run, estimate, difference, isBetter }) => [
    run,
    estimateText(metric, estimate),
    ...(difference === undefined ? ['', ''] : [differenceText(metric, difference), verdictText(difference, isBetter)]),
  ]);
  return table(comparedTitle(split, metric, tta), ['run', metric, 'difference', 'verdict'], rows);
}

function optionsPart(runs: readonly RunFacts[], options: Comparison['options']): Html {
  if (options.length === 0) return html`<p>All options are the same.</p>`;
  return table(
    'Options that differ',
    ['option', ...runs.map(({ name }) => name)],
    options.map(({ name, values }) => [name, ...values]),
  );
}

function commandPart({ name, command }: RunFacts): Html {
  return html`<p><strong>${name}</strong><br><code>${command}</code></p>`;
}
