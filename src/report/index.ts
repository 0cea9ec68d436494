/** Tables, plots and files of numbers. */
export { csv, historyCsv, iterationsCsv } from './csv.js';
export { lossesPlot } from './losses-plot.js';
export { lrFindPlot } from './lr-find-plot.js';
export { clock, type EpochRow, EpochTable, percent, rateText } from './table.js';
