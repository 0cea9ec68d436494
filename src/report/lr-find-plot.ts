import type { LineSeriesOption } from 'echarts/charts';
import type { LrFinding } from '../train/lr-finder.js';
import { axis, COLOURS, renderSvg, title } from './svg.js';
import { rateText } from './table.js';

/**
 * The finder's curve as SVG: smoothed loss by rate on a logarithmic axis; the suggestion is marked, and the lowest point;
 * others are points on the curve with their names.
 *
 * @param used the rate that training took, where it is not the suggestion
 */
export function lrFindPlot(finding: LrFinding, options: { title?: string; used?: number | undefined } = {}): string {
  const { lrs, losses, suggestion, minimum, suggestions } = finding;
  const points = lrs.map((lr, i): [number, number] => [lr, losses[i] ?? 0]);
  const low = Math.min(...losses);
  // The explosion at the end says nothing more, and would flatten all the rest.
  const high = Math.max(...losses.slice(0, losses.indexOf(low) + 1));
  const room = Math.max(1e-3, high - low);
  const bottom = Number((low - 0.1 * room).toPrecision(3));
  const top = Number((high + 0.5 * room).toPrecision(3));
  const { used } = options;
  const from = Math.min(...lrs);
  // A curve of one point still needs an axis.
  const to = Math.max(...lrs, from * 10);
  const mark = (rate: number, text: string, colour: string, row: number): LineSeriesOption => {
    // Labels stand left of their lines, but for those near the left edge.
    const align = Math.log(rate / from) > 0.3 * Math.log(to / from) ? 'right' : 'left';
    return {
      type: 'line',
      showSymbol: false,
      lineStyle: { color: colour, type: 'dashed', width: 1.5 },
      data: [
        [rate, bottom],
        [rate, top],
      ],
      endLabel: {
        show: true,
        formatter: `${text} ${rateText(rate)}`,
        align,
        offset: [align === 'right' ? -14 : 0, 14 + 22 * row],
        backgroundColor: '#ffffff',
        padding: [2, 3],
        fontSize: 13,
        color: colour,
      },
    };
  };
  const lossAt = (rate: number) => {
    const i = lrs.findIndex((lr) => lr >= rate * (1 - 1e-9));
    return losses[i] ?? losses.at(-1) ?? 0;
  };
  const inside = Object.entries(suggestions).filter(([, rate]) => rate >= from && rate <= to);
  return renderSvg({
    title: title(options.title ?? 'Learning rate finder'),
    ...(inside.length > 0
      ? { legend: { bottom: 6, data: inside.map(([name]) => name), textStyle: { fontSize: 13, color: COLOURS.ink } } }
      : {}),
    grid: { left: 80, right: 30, top: 60, bottom: inside.length > 0 ? 100 : 70 },
    xAxis: {
      type: 'log',
      min: from,
      max: to,
      ...axis('learning rate', 40),
      axisLabel: { fontSize: 13, color: COLOURS.ink, formatter: (x: number) => powerOfTen(x) },
    },
    yAxis: {
      type: 'value',
      min: bottom,
      max: top,
      ...axis('loss (smoothed)', 55),
      axisLabel: { fontSize: 13, color: COLOURS.ink, showMinLabel: false, showMaxLabel: false },
    },
    series: [
      {
        type: 'line',
        data: points,
        showSymbol: false,
        clip: true,
        lineStyle: { color: COLOURS.blue, width: 2.5 },
      },
      ...inside.map(
        ([name, rate], i): LineSeriesOption => ({
          name,
          type: 'line',
          data: [[rate, lossAt(rate)]],
          symbol: SYMBOLS[i % SYMBOLS.length] ?? 'circle',
          symbolSize: 12,
          lineStyle: { width: 0 },
          itemStyle: { color: POINTS[i % POINTS.length] ?? COLOURS.ink },
          z: 5,
        }),
      ),
      ...(suggestion >= from ? [mark(suggestion, 'suggestion', COLOURS.red, 0)] : []),
      mark(minimum, 'lowest loss at', COLOURS.grey, 1),
      ...(used !== undefined && Math.abs(used / suggestion - 1) > 1e-6 ? [mark(used, 'used', COLOURS.ink, 2)] : []),
    ],
  });
}

/** Points are told apart by shape, too. */
const SYMBOLS = ['circle', 'rect', 'triangle', 'diamond'];
const POINTS = ['#d98200', '#2f8f4e', '#7b4fb3', '#00848c'];

/** Powers of ten as 1e-5; nothing for what the axis adds at its ends. */
function powerOfTen(x: number): string {
  const exponent = Math.log10(x);
  return Math.abs(exponent - Math.round(exponent)) < 1e-9 ? `1e${Math.round(exponent)}` : '';
}
