import { resolve } from 'node:path';
import { UserError } from '../../core/errors.js';
import { CLEANING_ACTIONS, type CleaningAction, type CleaningDecision, cleaned } from '../cleaned.js';
import type { LabelledFiles } from '../item.js';
import { readCsv } from './read-csv.js';

/**
 * Applies a cleaning list to labelled files: a CSV with the columns `file`, `action` (keep, relabel or delete) and `suggestion`, the
 * new label; others are passed over. Names of files count from the folder of the pictures, unless they are absolute or are there from the
 * current folder.
 *
 * @throws {UserError} naming the line that is no good
 */
export async function withCleaned(root: string, files: LabelledFiles, path: string): Promise<LabelledFiles> {
  const { columns, rows, lines } = await readCsv(path);
  for (const column of ['file', 'action', 'suggestion']) {
    if (!columns.includes(column)) {
      throw new UserError(`${path} has no column ${column}: a cleaning list has file, suggestion and action`);
    }
  }
  const all = [files.splits.train, files.splits.valid, files.splits.test].flat();
  const known = new Set(all.map(({ file }) => resolve(file)));
  const decisions = new Map<string, CleaningDecision>();
  rows.forEach((row, i) => {
    const place = `${path}, line ${lines[i] ?? '?'}`;
    const [file, action, label] = [textOf(row.file), textOf(row.action), textOf(row.suggestion)];
    if (!isAction(action)) {
      throw new UserError(
        `${place}: the action must be one of ${CLEANING_ACTIONS.join(', ')}, not ${JSON.stringify(action)}`,
      );
    }
    const here = resolve(file);
    const key = known.has(here) ? here : resolve(root, file);
    const before = decisions.get(key);
    if (before !== undefined && (before.action !== action || before.label !== label)) {
      throw new UserError(`${place}: ${file} stands in ${before.place}, too, with another decision`);
    }
    decisions.set(key, { file, action, label, place });
  });
  return cleaned(files, decisions, (file) => resolve(file));
}

const textOf = (cell: unknown): string => (typeof cell === 'string' ? cell : '');

function isAction(text: string): text is CleaningAction {
  return CLEANING_ACTIONS.some((action) => action === text);
}
