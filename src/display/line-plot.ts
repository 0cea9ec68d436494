import type { LineSeriesOption } from 'echarts/charts';
import { axisStyle, type ChartOption, sheet } from './echarts.js';
import { type Axis, type Curve, type LineChartData, type Mark, placeOf, rangeOf, short } from './line-chart.js';
import { Plot } from './plot.js';
import { terminalPlot } from './terminal-plot.js';
import { type Palette, seriesColour } from './theme.js';

/** Curves over one x axis, for pictures and for terminals. */
export function linePlot(data: LineChartData): Plot {
  return new Plot({
    title: data.title,
    description: data.description,
    option: (palette, width) => optionOf(data, palette, width),
    text: (size) => terminalPlot(data, size),
  });
}

/** Points are told apart by shape, too. */
const SYMBOLS = ['circle', 'rect', 'triangle', 'diamond', 'arrow', 'roundRect'];

/** More dots than this are drawn small. */
const CROWDED = 20;

/** Below this width in pixels, as on a phone, there is less room beside axes. */
const NARROW = 500;

function optionOf(data: LineChartData, palette: Palette, width: number): ChartOption {
  const { x, y, right, curves, marks = [] } = data;
  const legend = curves.length > 1 || right !== undefined;
  const narrow = width < NARROW;
  const gap = narrow ? 42 : 55;
  const itemGap = narrow ? 12 : 28;
  const names = curves.map((curve) => curve.name);
  const rows = legend ? legendRows(names, width, itemGap) : 0;
  return {
    ...sheet(palette, data.title),
    ...(legend
      ? {
          legend: {
            bottom: 8,
            itemGap,
            data: names,
            textStyle: { fontSize: 14, color: palette.ink },
          },
        }
      : {}),
    grid: {
      left: gap + 25,
      right: right === undefined ? 25 : gap + 35,
      top: 60,
      bottom: 66 + (14 + itemGap) * rows,
    },
    xAxis: axisOf(x, palette, 40),
    yAxis: [
      axisOf(y, palette, gap),
      ...(right === undefined ? [] : [{ ...axisOf(right, palette, gap + 10), splitLine: { show: false } }]),
    ],
    series: [
      ...curves.map((curve, i) => seriesOf(curve, i, palette)),
      ...marks.map((m, i) => markOf(m, i, data, palette)),
    ],
  };
}

/** In how many rows a legend's entries stand: a sign, and letters of about eight pixels each. */
function legendRows(names: readonly string[], width: number, itemGap: number): number {
  let rows = 1;
  let used = 0;
  for (const name of names) {
    const own = 30 + 8 * name.length;
    if (used > 0 && used + own > width - 20) {
      rows++;
      used = 0;
    }
    used += own + itemGap;
  }
  return rows;
}

function axisOf({ name, scale = 'linear', min, max, whole }: Axis, palette: Palette, gap: number) {
  const style = axisStyle(palette, name, gap);
  const bounds = { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
  if (scale === 'log') {
    return { ...style, ...bounds, type: 'log' as const, axisLabel: { ...style.axisLabel, formatter: powerOfTen } };
  }
  // Bounds that are no round numbers are not worth a label, and could stand in another one.
  const ends = { showMinLabel: isRound(min), showMaxLabel: isRound(max) };
  const axisLabel = { ...style.axisLabel, ...ends, formatter: short };
  return {
    ...style,
    ...bounds,
    type: 'value' as const,
    scale: true,
    axisLabel,
    ...(whole === true ? { minInterval: 1 } : {}),
  };
}

function seriesOf(
  { name, points, kind = 'line', colour, right }: Curve,
  i: number,
  palette: Palette,
): LineSeriesOption {
  const behind = colour === 'grey';
  const own = behind ? palette.grey : seriesColour(palette, colour ?? i);
  return {
    name,
    type: 'line',
    data: points.map(([px, py]) => [px, py]),
    yAxisIndex: right === true ? 1 : 0,
    showSymbol: kind !== 'line',
    symbol: kind === 'line' ? 'none' : (SYMBOLS[i % SYMBOLS.length] ?? 'circle'),
    symbolSize: kind !== 'dots' ? 9 : points.length > CROWDED ? 5 : 12,
    lineStyle: {
      color: own,
      width: kind === 'dots' ? 0 : behind || kind === 'points' ? 1.5 : 2.5,
      type: behind ? 'dashed' : 'solid',
    },
    itemStyle: { color: own, borderColor: own },
    clip: true,
    silent: true,
    emphasis: { disabled: true },
    z: behind ? 2 : kind === 'line' ? 3 : 5,
  };
}

/** A dashed line with its name at the top, in a row of its own; left of the line, but for those near the left edge. */
function markOf({ name, at, colour }: Mark, row: number, data: LineChartData, palette: Palette): LineSeriesOption {
  const own = colour === 'grey' ? palette.grey : colour === 'ink' ? palette.ink : seriesColour(palette, colour);
  const [bottom, top] = rangeOf(data, 'y');
  const align = placeOf(data, at) > 0.3 ? 'right' : 'left';
  return {
    type: 'line',
    showSymbol: false,
    symbol: 'none',
    silent: true,
    emphasis: { disabled: true },
    lineStyle: { color: own, type: 'dashed', width: 1.5 },
    itemStyle: { color: own },
    data: [
      [at, bottom],
      [at, top],
    ],
    endLabel: {
      show: true,
      formatter: name,
      align,
      offset: [align === 'right' ? -14 : 0, 14 + 22 * row],
      backgroundColor: palette.paper,
      padding: [2, 3],
      fontSize: 13,
      color: palette.ink,
    },
  };
}

function isRound(bound: number | undefined): boolean {
  return bound === undefined || Math.abs(bound - Number(bound.toPrecision(1))) < 1e-12;
}

/** Powers of ten as 1e-5; nothing for what the axis adds at its ends. */
function powerOfTen(x: number): string {
  const exponent = Math.log10(x);
  return Math.abs(exponent - Math.round(exponent)) < 1e-9 ? `1e${Math.round(exponent)}` : '';
}
