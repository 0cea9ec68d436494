export { lossesPlot } from './losses-plot.js';
export { type LrFindPlotOptions, lrFindPlot } from './lr-find-plot.js';
export { type LrPlotOptions, lrPlot } from './lr-plot.js';
export { metricsPlot } from './metrics-plot.js';
export { thinned } from './thinned.js';
