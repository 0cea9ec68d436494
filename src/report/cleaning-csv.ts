import type { CleaningRow } from '../interpret/index.js';
import { csv } from './csv.js';

/** A cleaning list as the data's option `cleaned` reads it back: `file,label,suggestion,action,loss,probability`. */
export function cleaningCsv(rows: readonly CleaningRow[]): string {
  const digits = (x: number | undefined) => (x === undefined ? undefined : Number(x.toFixed(4)));
  return csv(
    ['file', 'label', 'suggestion', 'action', 'loss', 'probability'],
    rows.map((row) => [row.file, row.label, row.suggestion, row.action, digits(row.loss), digits(row.probability)]),
  );
}
