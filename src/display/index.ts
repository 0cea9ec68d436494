/** What is shown to people: charts and tables, for pages, terminals and notebooks. */

export { axisStyle, type ChartOption, sheet } from './echarts.js';
export { escapeHtml } from './escape-html.js';
export type { Axis, Curve, LineChartData, Mark } from './line-chart.js';
export { linePlot } from './line-plot.js';
export { Plot, type PlotParts, type SvgOptions, type TextSize } from './plot.js';
export { Table } from './table.js';
export { terminalPlot } from './terminal-plot.js';
export { PALETTES, type Palette, type PlotTheme, seriesColour } from './theme.js';
