import { rateText } from '../table.js';
import type { Section } from './document.js';
import { html } from './html.js';
import type { RunReport } from './run-report.js';
import { facts, table } from './table.js';

/** How the network was trained: what was chosen, and all options as they were resolved. */
export function recipeSection({ summary }: RunReport): Section {
  const { options, rates } = summary;
  const told = (name: string) => (options[name] === undefined ? undefined : textOf(options[name]));
  const rate = (of: number | undefined) => (of === undefined ? undefined : rateText(of));
  const rows = Object.entries(options)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => [flagOf(name), textOf(value)]);
  return {
    id: 'recipe',
    title: 'Recipe',
    body: html`${facts([
      ['network', told('arch')],
      ['starts from', options.pretrained === true ? (told('weights') ?? 'published weights') : 'random weights'],
      ['side of pictures', `${told('size')} px`],
      ['batch', `${told('bs')} pictures`],
      ['epochs, body frozen', options.pretrained === true ? told('epochs') : undefined],
      ['epochs, all layers', options.pretrained === true ? told('finetuneEpochs') : told('epochs')],
      ['highest rate, body frozen', rate(rates.frozen)],
      ['highest rate, all layers', rate(rates.finetune ?? rates.scratch)],
      ['optimizer', told('opt')],
      ['weight decay', told('wd')],
      ['schedule', told('schedule')],
      ['loss', told('loss')],
      ['seed', String(summary.seed)],
    ])}
<details><summary>All options (${rows.length})</summary>
${table('Options as they were resolved', ['option', 'value'], rows)}
</details>`,
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** `validPct` as `--valid-pct`. */
function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
