import { LineChart, type LineSeriesOption } from 'echarts/charts';
import {
  GridComponent,
  type GridComponentOption,
  LegendComponent,
  type LegendComponentOption,
  TitleComponent,
  type TitleComponentOption,
} from 'echarts/components';
import { type ComposeOption, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

use([LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

export type ChartOption = ComposeOption<
  LineSeriesOption | GridComponentOption | LegendComponentOption | TitleComponentOption
>;

/** Draws a chart as an SVG document, without a browser. */
export function renderSvg(option: ChartOption, width = 860, height = 520): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({ animation: false, backgroundColor: '#ffffff', ...option });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

export const COLOURS = { blue: '#1f5fa8', red: '#c0392b', grey: '#8a8f98', ink: '#2b2f36' } as const;

/** Styles that all axes share: a name beside the axis, numbers large enough to read. */
export function axis(name: string, gap: number) {
  return {
    name,
    nameLocation: 'middle' as const,
    nameGap: gap,
    nameTextStyle: { fontSize: 15, color: COLOURS.ink },
    axisLabel: { fontSize: 13, color: COLOURS.ink },
    axisLine: { show: true, lineStyle: { color: COLOURS.ink } },
    axisTick: { show: true },
    splitLine: { lineStyle: { color: '#e6e8eb' } },
  };
}

export function title(text: string): TitleComponentOption {
  return { text, left: 'center', top: 10, textStyle: { fontSize: 18, fontWeight: 600, color: COLOURS.ink } };
}
