/** What predictions tell of a network. */
export type { ClassReport, ClassRow, ClassScores } from './class-report.js';
export { type CleaningOptions, type CleaningRow, cleaningList } from './cleaning.js';
export type { Confusion, ConfusionMatrix, Normalize } from './confusion.js';
export type { HeatMap } from './grad-cam.js';
export { type HeatMapNetwork, heatMap, networkOf, type PictureHeatMap } from './heat-map.js';
export {
  type Calibration,
  ClassificationInterpretation,
  type TemperatureFit,
  type TopAnswer,
  type TopLoss,
} from './interpretation.js';
export type { Interpreted } from './interpreted.js';
export { type LabelIssue, labelIssues } from './label-issues.js';
export { heated, interleaved, overlaid, WARM } from './overlay.js';
export type { Reliability, ReliabilityBin } from './reliability.js';
export type { TtaGain } from './tta-gain.js';
