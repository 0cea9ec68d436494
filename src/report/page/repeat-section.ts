import type { Section } from './document.js';
import { html } from './html.js';
import type { RunReport } from './run-report.js';

/** How to make the run again. */
export function repeatSection({ summary, command }: RunReport): Section {
  return {
    id: 'repeat',
    title: 'Repeat it',
    body: html`<pre tabindex="0">${command}</pre>
<p class="note">Seed ${summary.seed} decides split, order, augmentation and initialisation: with the same version, pictures and kind of processor the
run gives the same numbers.</p>`,
  };
}
