/** Tables, plots and files of numbers. */

export { cleaningCsv } from './cleaning-csv.js';
export { columns } from './columns.js';
export {
  type ComparedMetric,
  type ComparedRun,
  type ComparedValue,
  type Comparison,
  compareRuns,
} from './compare-runs.js';
export { csv, historyCsv, iterationsCsv } from './csv.js';
export { CSVLogger } from './csv-logger.js';
export { PictureSheet, type SheetSvgOptions, type SheetTile } from './picture-sheet.js';
export { type KeptPredictions, RUN_STATES, type RunFacts, type RunScore, type RunState } from './run-facts.js';
export { scoreOf } from './run-score.js';
export { runsPage } from './runs-page.js';
export { comparisonText, runHeader, runRow } from './runs-table.js';
export { ShowGraph } from './show-graph.js';
export { megabytes, multiplyAddsText, summaryTable } from './summary-table.js';
export { clock, type EpochRow, EpochTable, percent, rateText } from './table.js';
