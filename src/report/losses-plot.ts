import type { History } from '../train/recorder.js';
import { axis, COLOURS, renderSvg, title } from './svg.js';

/** More points than this cannot be told apart. */
const MOST_POINTS = 2000;

/** Training as SVG: smoothed training loss by iteration, validation loss where epochs end, the rate on an axis of its own. */
export function lossesPlot(history: History, options: { title?: string } = {}): string {
  const step = Math.max(1, Math.ceil(history.losses.length / MOST_POINTS));
  const thinned = (values: readonly number[]): [number, number][] =>
    values.flatMap((value, i): [number, number][] =>
      i % step === 0 || i === values.length - 1 ? [[i + 1, value]] : [],
    );
  const valid = history.epochs.flatMap(({ validLoss }, i): [number, number][] =>
    validLoss === undefined ? [] : [[history.epochEnds[i] ?? 0, validLoss]],
  );
  return renderSvg({
    title: title(options.title ?? 'Losses'),
    legend: { top: 42, itemGap: 36, textStyle: { fontSize: 14, color: COLOURS.ink } },
    grid: { left: 80, right: 90, top: 80, bottom: 70 },
    xAxis: { type: 'value', min: 0, max: Math.max(1, history.losses.length), ...axis('iteration', 40) },
    yAxis: [
      { type: 'value', min: 0, ...axis('loss', 50) },
      {
        type: 'value',
        min: 0,
        ...axis('learning rate', 65),
        splitLine: { show: false },
        axisLabel: {
          fontSize: 13,
          color: COLOURS.ink,
          formatter: (x: number) => (x === 0 ? '0' : String(Number(x.toPrecision(3)))),
        },
      },
    ],
    series: [
      {
        name: 'learning rate',
        type: 'line',
        yAxisIndex: 1,
        data: thinned(history.lrs),
        showSymbol: false,
        lineStyle: { color: COLOURS.grey, width: 1.5, type: 'dashed' },
        itemStyle: { color: COLOURS.grey },
      },
      {
        name: 'training loss (smoothed)',
        type: 'line',
        data: thinned(history.losses),
        showSymbol: false,
        lineStyle: { color: COLOURS.blue, width: 2.5 },
        itemStyle: { color: COLOURS.blue },
      },
      {
        name: 'validation loss',
        type: 'line',
        data: valid,
        symbol: 'circle',
        symbolSize: 9,
        lineStyle: { color: COLOURS.red, width: 1.5 },
        itemStyle: { color: COLOURS.red },
      },
    ],
  });
}
