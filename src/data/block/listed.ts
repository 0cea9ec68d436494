import { UserError } from '../../core/errors.js';
import type { Skipped } from '../item.js';
import { quoted } from '../quoted.js';

/** A record of a table: what is known of one picture, by column. */
export type Row = Readonly<Record<string, unknown>>;

/** A column by its name, or by its number from 0. */
export type Column = string | number;

/** A picture that nobody has looked at yet. */
export interface Listed {
  /** Its path, from the working directory or the root of the file system on. */
  readonly file: string;
  /** Its path below the list's folder, with `/` between names: what patterns see. */
  readonly name: string;
  /** Its record, where it comes from a table. */
  readonly row?: Row;
  /** Line of the record in the table's file, from 1; of records that a program gives, their position, from 0. */
  readonly line?: number;
}

/** Pictures in order, as they were found or named. */
export interface FileList {
  /** The folder that the pictures are in. */
  readonly root: string;
  readonly items: readonly Listed[];
  /** The columns of the rows, in order; empty without a table. */
  readonly columns: readonly string[];
  /** What the rows come from, for messages. */
  readonly table?: { readonly name: string; readonly unit: 'line' | 'record' };
  /** Which of the files are links. */
  readonly links: ReadonlySet<string>;
  /** Pictures in formats that cannot be decoded. */
  readonly unsupported: readonly Skipped[];
}

/** The row of a picture that comes from no table. */
export const NO_ROW: Row = Object.freeze({});

/** How messages name a picture: with its line in the table. */
export function placeOf({ table }: FileList, { file, line }: Listed): string {
  return table === undefined || line === undefined ? file : `${table.name}, ${table.unit} ${line} (${file})`;
}

/** The name of a column; a UserError if there is none such. */
export function columnName({ columns, table, root }: FileList, column: Column): string {
  const name = typeof column === 'number' ? columns[column] : column;
  if (name !== undefined && columns.includes(name)) return name;
  const where = table === undefined ? `The pictures of ${root} come from no table, so there` : `${table.name}: there`;
  const known = table === undefined ? '' : `; the columns are ${quoted(columns)}`;
  throw new UserError(`${where} is no column ${JSON.stringify(column)}${known}`);
}
