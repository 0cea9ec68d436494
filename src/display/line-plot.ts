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
    option: (palette) => optionOf(data, palette),
    text: (size) => terminalPlot(data, size),
  });
}

/** Points are told apart by shape, too. */
const SYMBOLS = ['circle', 'rect', 'triangle', 'diamond', 'arrow', 'roundRect'];

function optionOf(data: LineChartData, palette: Palette): ChartOption {
  const { x, y, right, curves, marks = [] } = data;
  const legend = curves.length > 1 || right !== undefined;
  const bottom = legend ? 100 : 70;
  return {
    ...sheet(palette, data.title),
    ...(legend
      ? {
          legend: {
            bottom: 8,
            itemGap: 28,
            data: curves.map((curve) => curve.name),
            textStyle: { fontSize: 14, color: palette.ink },
          },
        }
      : {}),
    grid: { left: 80, right: right === undefined ? 30 : 90, top: 60, bottom },
    xAxis: axisOf(x, palette, 40),
    yAxis: [
      axisOf(y, palette, 55),
      ...(right === undefined ? [] : [{ ...axisOf(right, palette, 65), splitLine: { show: false } }]),
    ],
    series: [
      ...curves.map((curve, i) => seriesOf(curve, i, palette)),
      ...marks.map((m, i) => markOf(m, i, data, palette)),
    ],
  };
}

function axisOf({ name, scale = 'linear', min, max, whole }: Axis, palette: Palette, gap: number) {
  const style = axisStyle(palette, name, gap);
  const bounds = { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
  if (scale === 'log') {
    return { ...style, ...bounds, type: 'log' as const, axisLabel: { ...style.axisLabel, formatter: powerOfTen } };
  }
  const axisLabel = { ...style.axisLabel, formatter: short };
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
    symbolSize: kind === 'dots' ? 12 : 9,
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

/** Powers of ten as 1e-5; nothing for what the axis adds at its ends. */
function powerOfTen(x: number): string {
  const exponent = Math.log10(x);
  return Math.abs(exponent - Math.round(exponent)) < 1e-9 ? `1e${Math.round(exponent)}` : '';
}
