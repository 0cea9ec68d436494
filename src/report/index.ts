/** Tables, plots and files of numbers. */

export { columns } from './columns.js';
export { csv, historyCsv, iterationsCsv } from './csv.js';
export { CSVLogger } from './csv-logger.js';
export { ShowGraph } from './show-graph.js';
export { megabytes, multiplyAddsText, summaryTable } from './summary-table.js';
export { clock, type EpochRow, EpochTable, percent, rateText } from './table.js';
