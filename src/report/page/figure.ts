import type { Plot } from '../../display/index.js';
import { type Html, html, raw } from './html.js';

/** In pixels: as pages show them in columns, and on a phone. */
const WIDE = { width: 640, height: 420 } as const;
const NARROW = { width: 340, height: 320 } as const;

/** Plots side by side where there is room; each is drawn twice, so that its letters keep their size on a phone. */
export function figures(plots: readonly Plot[]): Html {
  return html`<div class="plots">${plots.map(figure)}</div>`;
}

function figure(plot: Plot): Html {
  return html`<div class="plot">
<div class="wide-enough">${raw(plot.svg({ theme: 'auto', ...WIDE }))}</div>
<div class="narrow">${raw(plot.svg({ theme: 'auto', ...NARROW }))}</div>
</div>`;
}
