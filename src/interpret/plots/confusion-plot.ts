import { axisStyle, type ChartOption, type Palette, Plot, sheet, Table } from '../../display/index.js';
import { type ConfusionMatrix, mostConfused } from '../confusion.js';
import { textOn } from './shade.js';

export interface ConfusionPlotData {
  /** What is written into the cells: counts, or shares. */
  readonly matrix: ConfusionMatrix;
  /** Shares of each actual class's pictures, which colour the cells: so rare classes are seen, too. */
  readonly shares: ConfusionMatrix;
  readonly counts: ConfusionMatrix;
  readonly classes: readonly string[];
  readonly title: string;
}

/** Classes beyond this many have no numbers in their cells, and beyond the other, not all of their names. */
const NUMBERED = 25;
const NAMED = 60;
/** Letters of a class's name that are shown. */
const LONGEST = 18;
const LETTER = 7.2;

/** A confusion matrix: a row for each actual class, a column for each predicted one. */
export function confusionPlot(data: ConfusionPlotData): Plot {
  const { classes, counts, title } = data;
  const pairs = mostConfused(counts, classes, 1).slice(0, 3);
  const told = pairs.map(({ actual, predicted, count }) => `${actual} taken for ${predicted} ${count} times`);
  const cell = Math.max(NAMED / 6, Math.min(56, 640 / classes.length));
  const margin = marginOf(classes);
  return new Plot({
    title,
    description: `${title}, ${classes.length} classes${told.length > 0 ? `; most often ${told.join(', ')}` : '; none confused'}`,
    option: (palette) => optionOf(data, palette, margin),
    text: ({ width = 80 }) => textOf(data, width),
    width: Math.round(Math.max(420, margin + RIGHT + cell * classes.length)),
    height: Math.round(Math.max(360, TOP + margin + cell * classes.length)),
  });
}

const TOP = 55;
const RIGHT = 30;

/** Long names often differ at their ends only. */
const shown = (name: string) => (name.length > LONGEST ? `${name.slice(0, LONGEST - 9)}…${name.slice(-8)}` : name);

/** Room for names beside the cells, in pixels. */
function marginOf(classes: readonly string[]): number {
  const longest = classes.reduce((most, name) => Math.max(most, shown(name).length), 0);
  return 50 + longest * LETTER;
}

function optionOf(data: ConfusionPlotData, palette: Palette, margin: number): ChartOption {
  const { matrix, shares, classes, title } = data;
  const n = classes.length;
  const names = (name: string, rotate: number) => {
    const style = axisStyle(palette, name, margin - 22);
    return {
      ...style,
      type: 'category' as const,
      data: classes.map(shown),
      axisLabel: { ...style.axisLabel, rotate, fontSize: n > 40 ? 9 : 13, interval: n > NAMED ? ('auto' as const) : 0 },
      splitLine: { show: false },
    };
  };
  const cells = matrix.flatMap((row, actual) =>
    row.map((value, predicted) => {
      const share = shares[actual]?.[predicted] ?? 0;
      return {
        value: [predicted, actual, value, share],
        itemStyle: { borderColor: palette.faint, borderWidth: n > NAMED ? 0 : 1 },
        label: { show: n <= NUMBERED && value > 0, color: textOn(palette, share), formatter: numberText(value) },
      };
    }),
  );
  return {
    ...sheet(palette, title),
    grid: { left: margin, right: RIGHT, top: TOP, bottom: margin },
    xAxis: names('predicted', 90),
    yAxis: { ...names('actual', 0), inverse: true },
    visualMap: { show: false, min: 0, max: 1, dimension: 3, inRange: { color: [palette.paper, palette.series[0]] } },
    series: [{ type: 'heatmap', data: cells, label: { fontSize: n > 15 ? 10 : 13 } }],
  };
}

function numberText(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(2);
}

/** The matrix in columns if it fits, else what is confused most. */
function textOf({ matrix, counts, classes, title }: ConfusionPlotData, width: number): string {
  const rows = matrix.map((row, i) => [shown(classes[i] ?? ''), ...row.map(numberText)]);
  const table = new Table(title, ['actual', ...classes.map((name) => name.slice(0, 4))], rows).text();
  if (table.split('\n').every((line) => line.length <= width)) return `${title}\n${table}`;
  const pairs = mostConfused(counts, classes, 1)
    .slice(0, 20)
    .map(({ actual, predicted, count }) => [actual, predicted, String(count)]);
  const list = new Table(title, ['actual', 'predicted', 'pictures'], pairs).text().split('\n');
  return [title, ...list.map((line) => line.slice(0, width))].join('\n');
}
