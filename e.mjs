const t = performance.now();
const { LineChart, BarChart, HeatmapChart, ScatterChart } = await import('echarts/charts');
const C = await import('echarts/components');
const { init, use } = await import('echarts/core');
const { SVGRenderer } = await import('echarts/renderers');
console.error('load', performance.now() - t);
use([
  LineChart,
  BarChart,
  HeatmapChart,
  ScatterChart,
  C.GridComponent,
  C.LegendComponent,
  C.TitleComponent,
  C.VisualMapComponent,
  SVGRenderer,
]);
const chart = init(null, null, { renderer: 'svg', ssr: true, width: 400, height: 300 });
chart.setOption({
  animation: false,
  backgroundColor: '#ffffff',
  title: { text: 'A <b>&"', textStyle: { color: '#2b2f36' } },
  legend: { textStyle: { color: '#2b2f36' }, top: 20 },
  xAxis: { type: 'value', axisLine: { lineStyle: { color: '#2b2f36' } } },
  yAxis: { type: 'value' },
  series: [
    {
      name: 'x',
      type: 'line',
      silent: true,
      emphasis: { disabled: true },
      data: [
        [1, 2],
        [2, 3],
      ],
      lineStyle: { color: '#1f5fa8' },
      itemStyle: { color: '#1f5fa8' },
    },
  ],
});
console.log(chart.renderToSVGString());
