import { percent } from '../table.js';
import type { Section } from './document.js';
import { type Html, html } from './html.js';
import { mainSplit, type ReportPictures, type RunReport, WORST_SHOWN } from './run-report.js';
import { labelText, SPLITS } from './words.js';
import { type WorstPicture, worstOf } from './worst.js';

/** The pictures that were got most wrong, with what the network looked at. */
export function worstSection(report: RunReport): Section | undefined {
  const main = mainSplit(report);
  if (main === undefined) return undefined;
  const worst = worstOf(main, WORST_SHOWN);
  if (worst.length === 0) return undefined;
  const kept = new Map(
    (report.pictures?.worst ?? []).filter(({ split }) => split === main.split).map((shown) => [shown.index, shown]),
  );
  const heat = [...kept.values()].some((shown) => shown.heat !== undefined);
  const items = worst.map((one) => {
    const shown = kept.get(one.index);
    return html`<li>${shown === undefined ? undefined : pictureOf(shown, one)}
${described(one, report.summary.data)}
<p class="file">${main.files[one.index] ?? ''}</p></li>`;
  });
  return {
    id: 'worst',
    title: 'Worst errors',
    body: html`<p class="note">The pictures of the ${SPLITS[main.split]} set with the largest ${worst[0]?.kind === 'value' ? 'errors' : 'losses'}.${
      heat ? ' Beside each is what speaks for the predicted class, by Grad-CAM: the warmer, the more.' : ''
    }${kept.size === 0 ? ' The pictures themselves were not kept with this run.' : ''}</p>
<ul class="errors">
${items}
</ul>`,
  };
}

function pictureOf({ uri, heat }: ReportPictures['worst'][number], one: WorstPicture): Html {
  const what = one.kind === 'class' ? labelText(one.actual) : one.actual.map(short).join(', ');
  return html`<div class="pair"><img src="${uri}" alt="${`picture of ${what}`}">${
    heat === undefined || one.kind === 'value'
      ? undefined
      : html`<img src="${heat}" alt="${`the same, what speaks for ${one.looksFor} coloured`}">`
  }</div>`;
}

function described(one: WorstPicture, { task, classes }: RunReport['summary']['data']): Html {
  if (one.kind === 'value') {
    const values = classes.map(
      (name, o) => html`<br>${name}: ${short(one.predicted[o])}, true ${short(one.actual[o])}`,
    );
    return html`<p>Predicted, and true:${values}</p>`;
  }
  const { predicted, actual, loss } = one;
  // Of several labels, the probability is that of one of them only.
  const sure = task === 'multi-label' ? '' : ` (${percent(one.probability)})`;
  if (predicted === actual)
    return html`<p><strong>${labelText(actual)}</strong>, rightly${sure}; loss ${loss.toFixed(2)}</p>`;
  return html`<p><strong>${labelText(predicted)}</strong>${sure} for <strong>${labelText(actual)}</strong>; loss ${loss.toFixed(2)}</p>`;
}

function short(value: number | undefined): string {
  return value === undefined ? '–' : String(Number(value.toPrecision(4)));
}
