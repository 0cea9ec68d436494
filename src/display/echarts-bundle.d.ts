/** ECharts' types belong to its parts; its bundle comes without. */
declare module 'echarts/dist/echarts.esm.min.mjs' {
  export { init } from 'echarts/core';
}
