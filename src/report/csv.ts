import type { RecipeProgress } from '../train/recipe.js';
import type { History } from '../train/recorder.js';

export type Cell = string | number | undefined;

/** Comma-separated values (RFC 4180, lines end with a line feed): a header line, then the rows; undefined is left empty. */
export function csv(header: readonly string[], rows: Iterable<readonly Cell[]>): string {
  return [header, ...rows].map(csvLine).join('');
}

/** One line of such a file, with its end. */
export function csvLine(row: readonly Cell[]): string {
  return `${row.map(cellText).join(',')}\n`;
}

function cellText(cell: Cell): string {
  const text = cell === undefined ? '' : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** One line for each epoch: `stage,epoch,train_loss,valid_loss,METRIC…,seconds`; epochs count from 0 in each stage. */
export function historyCsv({ epochs }: RecipeProgress, metrics: readonly string[]): string {
  return csv(
    ['stage', 'epoch', 'train_loss', 'valid_loss', ...metrics, 'seconds'],
    epochs.map((e) => [
      e.stage,
      e.epoch,
      e.trainLoss,
      e.validLoss,
      ...metrics.map((name) => e.metrics[name]),
      Number(e.seconds.toFixed(3)),
    ]),
  );
}

/**
 * One line for each training batch: `iteration,stage,epoch,loss,lr,momentum`. The loss is the debiased moving average
 * (β 0.98), the rate is the last layer group's.
 */
export function iterationsCsv(history: History, progress: RecipeProgress): string {
  let row = 0;
  const lines = history.losses.map((loss, i) => {
    while (i >= (history.epochEnds[row] ?? Number.POSITIVE_INFINITY)) row++;
    const done = progress.epochs[row];
    const stage = done?.stage ?? progress.stage;
    const epoch = done?.epoch ?? progress.fit?.epoch;
    return [i, stage, epoch, loss, history.lrs[i], history.moms[i]];
  });
  return csv(['iteration', 'stage', 'epoch', 'loss', 'lr', 'momentum'], lines);
}
