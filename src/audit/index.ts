/** What is wrong with a set of pictures. */
export { type BatchTile, batchTiles, labelOf } from './batch-tiles.js';
export { type CheckDataOptions, checkData, pathOf } from './check-data.js';
export type {
  AuditFile,
  AuditSplit,
  ClassBalance,
  DataReport,
  Finding,
  FindingKind,
  ModelVerdict,
  Spread,
} from './findings.js';
export { planesUri } from './planes-uri.js';
export type { LabelModel } from './suspicious-labels.js';
export { thumbnailUri } from './thumbnail-uri.js';
