import type { BarSeriesOption, HeatmapSeriesOption, LineSeriesOption } from 'echarts/charts';
import type {
  GridComponentOption,
  LegendComponentOption,
  TitleComponentOption,
  VisualMapComponentOption,
} from 'echarts/components';
import type { ComposeOption } from 'echarts/core';
// The whole of it in one file: its parts by name are 590 files, which take a command's start four times as long to load.
import { init } from 'echarts/dist/echarts.esm.min.mjs';
import type { Palette } from './theme.js';

/** What ECharts is asked to draw. */
export type ChartOption = ComposeOption<
  | BarSeriesOption
  | HeatmapSeriesOption
  | LineSeriesOption
  | GridComponentOption
  | LegendComponentOption
  | TitleComponentOption
  | VisualMapComponentOption
>;

/** Draws a chart as an SVG document, without a browser; nothing in it reacts to a pointer. */
export function drawSvg(option: ChartOption, width: number, height: number): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({ animation: false, ...option });
    return unnumbered(withoutInteraction(chart.renderToSVGString()));
  } finally {
    chart.dispose();
  }
}

/** What is there for browsers that run ECharts only. */
function withoutInteraction(svg: string): string {
  return svg
    .replace(/<style >.*?<\/style>\n?/s, '')
    .replace(/ (?:class="zr\d+-cls-\d+"|ecmeta_\w+="[^"]*"|pointer-events="visible")/g, '');
}

/** Names of clipping paths count all charts of a process: here they follow from the chart, so that it is the same each time. */
function unnumbered(svg: string): string {
  const prefix = `p${checksum(svg.replace(/zr\d+-c/g, '')).toString(36)}-c`;
  return svg.replace(/zr\d+-c/g, prefix);
}

/** FNV-1a. */
function checksum(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** Styles that all axes share: a name beside the axis, numbers large enough to read. */
export function axisStyle({ ink, faint }: Palette, name: string, gap: number) {
  return {
    name,
    nameLocation: 'middle' as const,
    nameGap: gap,
    nameTextStyle: { fontSize: 15, color: ink },
    axisLabel: { fontSize: 13, color: ink },
    axisLine: { show: true, lineStyle: { color: ink } },
    axisTick: { show: true, lineStyle: { color: ink } },
    splitLine: { lineStyle: { color: faint } },
  };
}

/** Paper and title, which all plots share. */
export function sheet({ paper, ink }: Palette, title: string) {
  return {
    backgroundColor: paper,
    title: { text: title, left: 'center', top: 10, textStyle: { fontSize: 18, fontWeight: 600, color: ink } },
  } as const;
}
