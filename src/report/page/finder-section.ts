import { lrFindPlot } from '../../train/plots/index.js';
import type { Section } from './document.js';
import { figures } from './figure.js';
import { html } from './html.js';
import type { RunReport } from './run-report.js';

const STAGES = [
  ['frozen', 'Learning rate finder, body frozen'],
  ['scratch', 'Learning rate finder, all layers'],
  ['finetune', 'Learning rate finder, all layers'],
] as const;

/** The learning rate finder's curves. */
export function finderSection({ summary: { findings, rates } }: RunReport): Section | undefined {
  const plots = STAGES.flatMap(([stage, title]) => {
    const finding = findings?.[stage];
    return finding === undefined ? [] : [lrFindPlot(finding, { title, used: rates[stage] })];
  });
  if (plots.length === 0) return undefined;
  return {
    id: 'finder',
    title: 'Learning rate finder',
    body: html`${figures(plots)}
<p class="note">The rate rises from batch to batch until the loss explodes; then everything is put back. The suggestion is a tenth of the rate above
which the loss rises for good.</p>`,
  };
}
