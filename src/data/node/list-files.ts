import { stat } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { glob } from 'tinyglobby';
import { UserError } from '../../core/errors.js';
import { type Column, columnName, type FileList, type Listed, placeOf, type Row } from '../block/listed.js';
import { byCodePoint } from '../code-points.js';
import type { Skipped } from '../item.js';
import { type PictureFolderOptions, pictureFolder } from './picture-folder.js';
import { type CsvOptions, readCsv } from './read-csv.js';
import { findLinks, findMissing, realPaths } from './real-paths.js';
import { type Found, findPictures, list, unsupportedReason } from './scan.js';

/** All pictures in a folder (or an archive) and, with `recurse`, in the folders below it, by name. */
export async function listFolder(
  path: string,
  options: PictureFolderOptions & { readonly recurse: boolean },
): Promise<FileList> {
  const root = await pictureFolder(path, options);
  if (options.recurse) {
    return filled(root, await findPictures(root));
  }
  const { pictures, links, unsupported } = await list(root);
  const full = (names: readonly string[]) => names.map((name) => join(root, name));
  return filled(root, { pictures: full(pictures), links: full(links), unsupported: reported(full(unsupported)) });
}

/** The pictures that patterns such as `train/*.jpg` name below a folder, by name. */
export async function listGlob(path: string, patterns: string | readonly string[]): Promise<FileList> {
  await assertFolder(path);
  const names = await glob(patterns, { cwd: path, expandDirectories: false });
  const files = names.sort(byCodePoint).map((name) => join(path, name));
  const unsupported = reported(files);
  const left = new Set(unsupported.map(({ file }) => file));
  const pictures = files.filter((file) => !left.has(file));
  if (pictures.length === 0) throw new UserError(`No pictures in ${path} are named by ${JSON.stringify(patterns)}`);
  return filled(path, { pictures, links: await findLinks(pictures), unsupported });
}

/** The named files, below a folder unless their paths are absolute. */
export async function listNames(path: string, names: readonly string[]): Promise<FileList> {
  await assertFolder(path);
  const rows = names.map((name) => ({ name }));
  const listed = await listRows(path, { rows, columns: ['name'], nameOf: ({ name }) => name });
  return { ...listed, columns: [], items: listed.items.map(({ file, name }) => ({ file, name })) };
}

export interface TableOptions {
  /** The folder below the path that the names count from. Default: the path itself. */
  readonly folder?: string | undefined;
  /** The column of the files' names. Default 0, the first. */
  readonly fnCol?: Column | undefined;
  /** Is added to each name, such as `.jpg`. Default: nothing. */
  readonly suffix?: string | undefined;
}

/** The pictures that a CSV file names. */
export async function listCsv(path: string, csv: string, options: TableOptions & CsvOptions = {}): Promise<FileList> {
  await assertFolder(path);
  const file = isAbsolute(csv) ? csv : join(path, csv);
  const { rows, columns, lines } = await readCsv(file, options);
  return listTable(path, { rows, columns, lines, table: { name: file, unit: 'line' } }, options);
}

/** The pictures that records of a program name. */
export async function listRecords(path: string, rows: readonly Row[], options: TableOptions = {}): Promise<FileList> {
  await assertFolder(path);
  const [first] = rows;
  if (first === undefined) throw new UserError('there are no records');
  const lines = rows.map((_, i) => i);
  return listTable(
    path,
    { rows, columns: Object.keys(first), lines, table: { name: 'the records', unit: 'record' } },
    options,
  );
}

interface RowsOptions<R extends Row> {
  readonly rows: readonly R[];
  readonly columns: readonly string[];
  readonly nameOf: (row: R) => unknown;
  readonly lines?: readonly number[];
  readonly table?: NonNullable<FileList['table']>;
}

function listTable(
  path: string,
  rows: Omit<RowsOptions<Row>, 'nameOf'>,
  { folder = '.', fnCol = 0, suffix = '' }: TableOptions,
): Promise<FileList> {
  const column = columnName({ ...emptyList(path), ...rows }, fnCol);
  const root = join(path, folder);
  return listRows(root, { ...rows, nameOf: (row) => (row[column] ? `${row[column]}${suffix}` : undefined) });
}

async function listRows<R extends Row>(root: string, options: RowsOptions<R>): Promise<FileList> {
  const { rows, columns, nameOf, lines, table } = options;
  const named = { ...emptyList(root), columns, ...(table === undefined ? {} : { table }) };
  const all = rows.map((row, i): Listed => {
    const name = nameOf(row);
    const line = lines?.[i] === undefined ? {} : { line: lines[i] };
    if (typeof name !== 'string' || name.trim() === '') {
      throw new UserError(`${placeOf(named, { file: 'no file', name: '', ...line })}: the name of the file is missing`);
    }
    const file = isAbsolute(name) ? name : join(root, name);
    return { file, name: nameBelow(root, file), row, ...line };
  });
  const files = all.map(({ file }) => file);
  const [missing, ...others] = await findMissing(files);
  const lost = missing === undefined ? undefined : all[missing];
  if (lost !== undefined) {
    const more = others.length === 0 ? '' : `, nor are ${others.length} others`;
    throw new UserError(`${placeOf(named, lost)}: there is no such file${more}`);
  }
  const links = new Set(await findLinks(files));
  await assertNoTwice(named, all, links);
  const unsupported = reported(files);
  const left = new Set(unsupported.map(({ file }) => file));
  return { ...named, items: all.filter(({ file }) => !left.has(file)), links, unsupported };
}

/** A picture that is named twice could come into two splits. */
async function assertNoTwice(list: FileList, items: readonly Listed[], links: ReadonlySet<string>): Promise<void> {
  const first = new Map<string, Listed>();
  const paths = await realPaths(
    items.map(({ file }) => file),
    links,
  );
  items.forEach((item, i) => {
    const path = paths[i] ?? item.file;
    const before = first.get(path);
    if (before === undefined) first.set(path, item);
    else throw new UserError(`${placeOf(list, item)} is the same picture as ${placeOf(list, before)}; leave one out`);
  });
}

function filled(root: string, { pictures, links, unsupported }: Found): FileList {
  if (pictures.length === 0) throw new UserError(`${root} holds no pictures`);
  const items = pictures.map((file) => ({ file, name: nameBelow(root, file) }));
  return { ...emptyList(root), items, links: new Set(links), unsupported };
}

function emptyList(root: string): FileList {
  return { root, items: [], columns: [], links: new Set(), unsupported: [] };
}

function reported(files: readonly string[]): Skipped[] {
  return files.flatMap((file) => {
    const reason = unsupportedReason(file);
    return reason === undefined ? [] : [{ file, reason }];
  });
}

function nameBelow(root: string, file: string): string {
  const start = join(root, sep);
  const name = file.startsWith(start) ? file.slice(start.length) : relative(root, file);
  return sep === '/' ? name : name.split(sep).join('/');
}

async function assertFolder(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new UserError(`There is no folder ${path}`);
  if (!found.isDirectory()) throw new UserError(`${path} is not a folder`);
}
