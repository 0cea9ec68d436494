import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { CsvError, parse } from 'csv-parse';
import { codeOf, messageOf, UserError } from '../../core/errors.js';
import type { Row } from '../block/listed.js';
import { quoted } from '../quoted.js';

export interface CsvOptions {
  /** What stands between columns. Default: whichever of tab, semicolon and comma the first line has. */
  readonly delimiter?: string | undefined;
  /** Whether the first line names the columns; they are named 0, 1, … otherwise. Default true. */
  readonly header?: boolean | undefined;
}

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
  /** The line that each row ends on, from 1. */
  readonly lines: readonly number[];
}

/**
 * Reads a table from a CSV file (RFC 4180: quoted cells may hold delimiters and line ends); empty lines are passed over, and
 * spaces around cells left out. Throws a UserError with the line that is no good.
 */
export async function readCsv(path: string, options: CsvOptions = {}): Promise<Table> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new UserError(`There is no file ${path}`);
  if (!found.isFile()) throw new UserError(`${path} is not a file`);
  let columns: string[] | undefined;
  const rows: Row[] = [];
  const lines: number[] = [];
  const take = (cells: string[], line: number): void => {
    if (columns === undefined) {
      columns = options.header === false ? cells.map((_, i) => String(i)) : named(cells, path);
      if (options.header !== false) return;
    }
    rows.push(Object.fromEntries(columns.map((column, i) => [column, cells[i]])));
    lines.push(line);
  };
  const parser = parse({
    bom: true,
    delimiter: options.delimiter ?? (await delimiterOf(path)),
    skip_empty_lines: true,
    trim: true,
    on_record: (cells: string[], { lines: line }) => {
      take(cells, line);
      return undefined;
    },
  });
  parser.resume();
  try {
    await pipeline(createReadStream(path), parser);
  } catch (error) {
    if (error instanceof UserError) throw error;
    const line = error instanceof CsvError && typeof error.lines === 'number' ? `, line ${error.lines}` : '';
    throw new UserError(`${path}${line} is no CSV: ${messageOf(error)}`, { cause: error });
  }
  if (columns === undefined || rows.length === 0) throw new UserError(`${path} holds no rows`);
  return { columns, rows, lines };
}

function named(cells: readonly string[], path: string): string[] {
  const twice = cells.filter((name, i) => cells.indexOf(name) !== i);
  if (twice.length > 0) throw new UserError(`${path} has two columns with the name ${quoted([...new Set(twice)])}`);
  return [...cells];
}

async function delimiterOf(path: string): Promise<string> {
  let head = '';
  try {
    for await (const chunk of createReadStream(path, { encoding: 'utf8', end: 65535 })) head += chunk;
  } catch (error) {
    throw new UserError(`${path} cannot be read: ${codeOf(error) ?? messageOf(error)}`, { cause: error });
  }
  const [first = ''] = head.split('\n');
  return ['\t', ';', ','].find((delimiter) => first.includes(delimiter)) ?? ',';
}
