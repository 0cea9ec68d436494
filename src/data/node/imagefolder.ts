import { basename, dirname, isAbsolute, join, relative } from 'node:path';
import { UserError } from '../../core/errors.js';
import type { SplitName } from '../batch.js';
import type { Row } from '../block/listed.js';
import { byCodePoint } from '../code-points.js';
import type { LabelledFiles, Skipped } from '../item.js';
import { labelColumnOf } from '../label-column.js';
import { splitOfFolder, splitOfWord } from '../split-names.js';
import { type ClassFolder, type LayoutOptions, splitClasses } from './folder-layout.js';
import type { Metadata } from './metadata-file.js';

export interface ImagefolderOptions extends LayoutOptions {
  /** The column that holds the labels. Default: `label` or the like, or the only one there is. */
  readonly labelColumn?: string | undefined;
}

/** Columns that say which picture a row is about. */
const FILE_COLUMNS = ['file_name', 'image_file_name'];

/**
 * Reads labels from files of metadata beside the pictures, as Hugging Face's `imagefolder` has them: `file_name` seen from the file's
 * folder, and a column of labels. Splits are told by a column `split`, or by the folders that the metadata or the
 * pictures are in; without one to validate on, some of each class are drawn.
 *
 * @throws {UserError} that names the file and the row, or the columns there are
 */
export function readImagefolder(root: string, tables: readonly Metadata[], options: ImagefolderOptions): LabelledFiles {
  const splits: Record<SplitName, Map<string, string[]>> = { train: new Map(), valid: new Map(), test: new Map() };
  const unsupported: Skipped[] = [];
  for (const table of tables) {
    const { path } = table;
    const columns = columnsOf(table, options.labelColumn);
    table.rows.forEach((row, i) => {
      const where = `${path}, row ${i + 1}`;
      const { file, name } = pictureOf(row[columns.file], dirname(path), root, where);
      const label = labelOf(row[columns.label], where);
      if (label === undefined) {
        unsupported.push({ file, reason: `it has no label in ${basename(path)}` });
        return;
      }
      const classes = splits[splitOf(row, name, where)];
      const files = classes.get(label);
      if (files === undefined) classes.set(label, [file]);
      else files.push(file);
    });
  }
  return splitClasses(chosen(root, splits, options), unsupported, options);
}

/** The column that names the pictures, if there is one. */
export function fileColumnOf({ columns }: Metadata): string | undefined {
  return FILE_COLUMNS.find((name) => columns.includes(name));
}

function columnsOf(table: Metadata, labelColumn: string | undefined): { file: string; label: string } {
  const { path, columns } = table;
  const file = fileColumnOf(table);
  if (file === undefined) {
    const there = columns.map((name) => `"${name}"`).join(', ');
    throw new UserError(`${path} has no column "file_name"; it has ${there || 'no rows'}`);
  }
  const others = columns.filter((name) => name !== file && name !== 'split');
  return { file, label: labelColumnOf(others, labelColumn, path) };
}

/** The path of a picture, and what it is below the root. */
function pictureOf(value: unknown, folder: string, root: string, where: string): { file: string; name: string } {
  if (typeof value !== 'string' || value === '') throw new UserError(`${where} has no file_name`);
  const file = join(folder, value);
  const name = relative(root, file);
  if (isAbsolute(value) || name.startsWith('..') || isAbsolute(name)) {
    throw new UserError(`${where}: "${value}" is not below ${root}`);
  }
  return { file, name };
}

function labelOf(value: unknown, where: string): string | undefined {
  if (value === null || value === undefined || value === '') return undefined;
  if (typeof value === 'object') {
    throw new UserError(`${where} has ${JSON.stringify(value)} as its label; one name or number is wanted`);
  }
  return String(value);
}

function splitOf(row: Row, name: string, where: string): SplitName {
  if (row.split === undefined) return splitOfFolder(dirname(name)) ?? 'train';
  const split = splitOfWord(String(row.split));
  if (split !== undefined) return split;
  throw new UserError(`${where}: ${JSON.stringify(row.split)} is no split; train, validation or test is`);
}

/** What is trained and validated on: the splits that are asked for, else validation, else test, else a part of train. */
function chosen(
  root: string,
  splits: Readonly<Record<SplitName, Map<string, string[]>>>,
  options: LayoutOptions,
): { train: ClassFolder; valid?: ClassFolder; test?: ClassFolder } {
  const folderOf = (split: SplitName): ClassFolder => ({
    name: split,
    folder: `${root} (${split})`,
    files: new Map([...splits[split]].sort(([a], [b]) => byCodePoint(a, b))),
  });
  const named = (name: string): SplitName => {
    const split = splitOfWord(name);
    if (split !== undefined && splits[split].size > 0) return split;
    const there = Object.entries(splits).flatMap(([known, { size }]) => (size > 0 ? [known] : []));
    throw new UserError(`${root} has no split "${name}"; it has ${there.join(', ') || 'none'}`);
  };
  const train = folderOf(named(options.train));
  const validName = options.valid === undefined ? undefined : named(options.valid);
  const valid = validName ?? (['valid', 'test'] as const).find((split) => splits[split].size > 0);
  if (valid === undefined) return { train };
  const hasTest = valid !== 'test' && splits.test.size > 0;
  return { train, valid: folderOf(valid), ...(hasTest ? { test: folderOf('test') } : {}) };
}
