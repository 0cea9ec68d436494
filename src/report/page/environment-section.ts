import { clock } from '../table.js';
import type { Section } from './document.js';
import { html } from './html.js';
import type { RunReport } from './run-report.js';
import { bar, facts, table } from './table.js';
import { STAGES } from './words.js';

/** Where the run was made, and where its time went. */
export function environmentSection({ summary }: RunReport): Section {
  const { versions, environment, seconds } = summary;
  const total = seconds.total ?? 0;
  const rows = Object.entries(seconds).map(([stage, s]) => [
    STAGES[stage] ?? stage,
    clock(s),
    html`${total === 0 ? '–' : `${Math.round((100 * s) / total)} %`}${bar(total === 0 ? 0 : s / total)}`,
  ]);
  return {
    id: 'environment',
    title: 'Environment',
    body: html`${facts([
      ['processor', environment?.processor],
      ['logical processors', environment === undefined ? undefined : String(environment.cores)],
      ['memory', environment === undefined ? undefined : `${(environment.memory / 2 ** 30).toFixed(1)} GiB`],
      ['threads that prepare pictures', environment === undefined ? undefined : String(environment.workers)],
      ...Object.entries(versions),
    ])}
${table('Time by stage', ['stage', 'time', 'share'], rows)}`,
  };
}
