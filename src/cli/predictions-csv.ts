import type { ExportedInfo } from '../exported/metadata.js';
import { type Cell, csvLine } from '../report/csv.js';
import type { Targets } from '../train/metrics/index.js';
import type { Measurement } from './measure.js';
import { predictionCells, predictionHeader } from './predict-format.js';

/**
 * The lines of a CSV file with what is true of each picture, and what the model says (with test-time augmentation, where there is that): the
 * columns of `predict --csv` after `file` and the true label, labels or numbers.
 */
export function* predictionsCsv(info: ExportedInfo, measured: Measurement, threshold: number): Generator<string> {
  const { files, targets, plain, tta } = measured;
  const { data, classes } = tta ?? plain;
  yield csvLine(['file', ...trueHeader(info), ...predictionHeader(info)]);
  for (const [i, file] of files.entries()) {
    const row = data.subarray(i * classes, (i + 1) * classes);
    yield csvLine([file, ...trueCells(info, targets, i), ...predictionCells(info, row, threshold)]);
  }
}

function trueHeader({ task, classes }: ExportedInfo): string[] {
  switch (task) {
    case 'single-label':
      return ['true_label'];
    case 'multi-label':
      return ['true_labels'];
    case 'regression':
      return classes.map((name) => `true_${name}`);
  }
}

function trueCells({ task, classes }: ExportedInfo, targets: Targets, i: number): Cell[] {
  if (task === 'single-label') return [classes[targets[i] ?? 0]];
  const row = Array.from(targets.subarray(i * classes.length, (i + 1) * classes.length));
  return task === 'regression' ? row : [classes.filter((_, c) => row[c] === 1).join(';')];
}
