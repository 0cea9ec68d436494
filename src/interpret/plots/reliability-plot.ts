import { axisStyle, type ChartOption, type Palette, Plot, seriesColour, sheet, Table } from '../../display/index.js';
import type { Reliability, ReliabilityBin } from '../reliability.js';

const percent = (share: number, digits = 1) => `${(100 * share).toFixed(digits)} %`;
const range = ({ lower, upper }: ReliabilityBin) => `${percent(lower, 0)} to ${percent(upper, 0)}`;

/** A reliability diagram: how often answers of each confidence are right, beside how often they should be. */
export function reliabilityPlot(data: Reliability, title = 'Reliability'): Plot {
  const summary = `${title}: ECE ${percent(data.ece)}, MCE ${percent(data.mce)}`;
  return new Plot({
    title: summary,
    description: `${summary}; accuracy of answers by their confidence in ${data.bins.length} bins`,
    option: (palette) => optionOf(data, palette, summary),
    text: () => textOf(data, summary),
    width: 760,
    height: 520,
  });
}

function optionOf({ bins }: Reliability, palette: Palette, title: string): ChartOption {
  const x = axisStyle(palette, 'confidence up to, and number of answers', 52);
  const share = (value: number) => (Number.isNaN(value) ? '-' : value);
  return {
    ...sheet(palette, title),
    legend: { bottom: 8, itemGap: 30, textStyle: { fontSize: 14, color: palette.ink } },
    grid: { left: 75, right: 30, top: 60, bottom: 112 },
    xAxis: {
      ...x,
      type: 'category',
      data: bins.map(({ upper, count }) => `${upper.toFixed(2)}\n${count}`),
      axisLabel: { ...x.axisLabel, fontSize: bins.length > 16 ? 9 : 12, interval: 0 },
      splitLine: { show: false },
    },
    yAxis: { type: 'value', min: 0, max: 1, ...axisStyle(palette, 'share of right answers', 48) },
    series: [
      {
        name: 'accuracy',
        type: 'bar',
        barWidth: '80%',
        data: bins.map(({ accuracy }) => share(accuracy)),
        itemStyle: { color: seriesColour(palette, 0) },
      },
      {
        name: 'confidence',
        type: 'line',
        data: bins.map(({ confidence }) => share(confidence)),
        connectNulls: true,
        symbol: 'diamond',
        symbolSize: 11,
        lineStyle: { color: seriesColour(palette, 1), width: 2 },
        itemStyle: { color: seriesColour(palette, 1) },
      },
    ],
  };
}

function textOf({ bins }: Reliability, title: string): string {
  const rows = bins
    .filter(({ count }) => count > 0)
    .map((bin) => [range(bin), percent(bin.confidence), percent(bin.accuracy), String(bin.count)]);
  return `${title}\n${new Table(title, ['confidences', 'confidence', 'accuracy', 'answers'], rows).text()}`;
}
