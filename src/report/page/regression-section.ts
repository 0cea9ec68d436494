import { linePlot, type Plot } from '../../display/index.js';
import type { Section } from './document.js';
import { figures } from './figure.js';
import { type MeasuredSplit, mainSplit, type RunReport } from './run-report.js';
import { SPLITS } from './words.js';

/** More points than this cannot be told apart. */
const MOST_POINTS = 500;
/** Outputs beyond this many are not drawn. */
const MOST_OUTPUTS = 6;

/** A regression's values against the true ones. */
export function regressionSection(report: RunReport): Section | undefined {
  const main = mainSplit(report);
  if (main?.regression === undefined) return undefined;
  const names = report.summary.data.classes.slice(0, MOST_OUTPUTS);
  return {
    id: 'values',
    title: 'Values',
    body: figures(names.map((name, output) => scatter(name, output, main))),
  };
}

function scatter(name: string, output: number, { split, regression }: MeasuredSplit): Plot {
  const { n = 0, classes = 1, data = [] } = regression?.preds ?? {};
  const step = Math.max(1, Math.ceil(n / MOST_POINTS));
  const points: [number, number][] = [];
  for (let i = 0; i < n; i += step) {
    points.push([regression?.targets[i * classes + output] ?? 0, data[i * classes + output] ?? 0]);
  }
  const low = points.reduce((a, p) => Math.min(a, ...p), Number.POSITIVE_INFINITY);
  const high = points.reduce((a, p) => Math.max(a, ...p), Number.NEGATIVE_INFINITY);
  return linePlot({
    title: `${name}: predicted and true`,
    description: `Predicted against true ${name} of ${points.length} ${SPLITS[split]} pictures`,
    x: { name: `true ${name}` },
    y: { name: `predicted ${name}` },
    curves: [
      {
        name: 'equal',
        points: [
          [low, low],
          [high, high],
        ],
        colour: 'grey',
      },
      { name: 'pictures', points, kind: 'dots', colour: 0 },
    ],
  });
}
