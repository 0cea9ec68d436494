import type { Reliability } from '../../interpret/index.js';
import { number } from '../data-report-text.js';
import { percent } from '../table.js';
import type { Section } from './document.js';
import { figures } from './figure.js';
import { html } from './html.js';
import { mainSplit, type RunReport } from './run-report.js';
import { facts, table } from './table.js';
import { SPLITS } from './words.js';

/** How far probabilities can be believed, and the temperature that would make them more honest. */
export function calibrationSection(report: RunReport): Section | undefined {
  const main = mainSplit(report);
  const found = main?.interpretation;
  if (main === undefined || found === undefined) return undefined;
  const measured = found.reliability();
  // Fitted on the validation set, where that is another one: what it is worth shows on pictures that it was not fitted on.
  const fitted = report.measured.find(({ split }) => split === 'valid')?.interpretation ?? found;
  const { temperature } = fitted.temperatureScale();
  const scaled = found.atTemperature(temperature).reliability();
  return {
    id: 'calibration',
    title: 'Calibration',
    body: html`${facts([
      ['expected calibration error', percent(measured.ece)],
      ['largest error of a bin', percent(measured.mce)],
      ['temperature', temperature.toFixed(3)],
      ['expected calibration error at it', percent(scaled.ece)],
    ])}
${figures([found.plotReliability({ title: `Reliability on the ${SPLITS[main.split] ?? ''} set` })])}
<details><summary>The bins as a table</summary>${bins(measured)}</details>
<p class="note">Of answers that the network is 80 % sure of, 80 % should be right. A temperature above 1 says that it is too sure of itself:
logits divided by it give more honest probabilities and the same answers. It was fitted on the ${SPLITS[fitted === found ? main.split : 'valid']}
set${fitted === found ? ', so that its error there looks a little too good' : ''}.</p>`,
  };
}

function bins({ bins: all }: Reliability) {
  const rows = all
    .filter(({ count }) => count > 0)
    .map((b) => [
      `${percent(b.lower)} to ${percent(b.upper)}`,
      percent(b.confidence),
      percent(b.accuracy),
      number(b.count),
    ]);
  return table('Answers by confidence', ['confidence', 'mean confidence', 'accuracy', 'answers'], rows);
}
