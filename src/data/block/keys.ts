import { UserError } from '../../core/errors.js';
import { type Column, columnName, type FileList, NO_ROW, placeOf, type Row } from './listed.js';
import { captureOf } from './pattern.js';

/**
 * What pictures have in common: the first group of a pattern in their path, a column, or what a function of path and record gives.
 */
export type KeyOf = RegExp | { readonly column: Column } | ((file: string, row: Row) => string | number);

/** The key of every picture, [n]; a UserError names one that has none. */
export function keysOf(list: FileList, by: KeyOf, what: string): string[] {
  const keyOf = reader(list, by);
  return list.items.map((item) => {
    const key = keyOf(item);
    if (key !== undefined && key !== null && key !== '') return String(key);
    throw new UserError(
      `${placeOf(list, item)} has no ${what}: ${by instanceof RegExp ? `${by} does not match "${item.name}"` : 'it is empty'}`,
    );
  });
}

function reader(list: FileList, by: KeyOf): (item: FileList['items'][number]) => unknown {
  if (by instanceof RegExp) {
    const capture = captureOf(by);
    return ({ name }) => capture(name);
  }
  if (typeof by === 'function') return ({ file, row }) => by(file, row ?? NO_ROW);
  const column = columnName(list, by.column);
  return ({ row }) => row?.[column];
}
