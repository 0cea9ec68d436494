import { stat } from 'node:fs/promises';
import { basename, dirname, resolve, sep } from 'node:path';
import { UserError } from '../../core/errors.js';
import type { LabelledSet } from '../item.js';
import type { ExtractOptions } from './extract-parquet.js';
import { readLayout } from './folder-layout.js';
import { fileColumnOf, type ImagefolderOptions, readImagefolder } from './imagefolder.js';
import { METADATA_NAMES, type Metadata, readMetadata } from './metadata-file.js';
import { type PictureFolderOptions, pictureFolder } from './picture-folder.js';
import { innermost, placesIn } from './places.js';
import { extractRawSet } from './raw-sets.js';

export type ReadOptions = ImagefolderOptions & PictureFolderOptions & ExtractOptions;

/**
 * Reads pictures and labels from what there is: class folders, `imagefolder` metadata, Parquet files, CIFAR's and MNIST's own files; as a
 * folder, an archive or one Parquet file.
 *
 * @throws {UserError} that says what to do
 */
export async function readPictures(path: string, options: ReadOptions): Promise<LabelledSet> {
  const listed = await readListed(path, options);
  if ('files' in listed) return listed;
  return { root: listed.folder, files: await readLayout(listed.folder, options) };
}

/**
 * As `readPictures`, but for folders of classes, which are found and not read.
 *
 * @throws {UserError} that says what to do
 */
export async function readListed(
  path: string,
  options: ReadOptions,
): Promise<LabelledSet | { readonly folder: string }> {
  if (isParquet(path) && (await stat(path).catch(() => undefined))?.isFile()) return readParquet([path], options);
  const folder = await pictureFolder(path, options);
  const root = await innermost(folder);
  const { files, hasOtherFolders } = await placesIn(root);
  // Other programs call their files so, too.
  const tables = (await metadataAmong(files)).filter((table) => fileColumnOf(table) !== undefined);
  if (tables.length > 0) return { root, files: readImagefolder(root, tables, options) };
  const parquet = files.filter(isParquet);
  if (parquet.length > 0 && !hasOtherFolders) return readParquet(parquet, options, root);
  const originals = hasOtherFolders ? undefined : await extractRawSet(root, files, options);
  if (originals !== undefined) return readExtracted(originals, options);
  if (options.labelColumn !== undefined) {
    throw new UserError(
      `${path} has no table of labels (${METADATA_NAMES.join(', ')} or Parquet files), so that there is no column "${options.labelColumn}"; name the table by --csv or fromCsv, or leave --label-col (labelColumn) out`,
    );
  }
  return { folder };
}

/** Reads Parquet files, whose pictures are taken out into the cache folder first. */
export async function readParquet(
  files: readonly string[],
  options: ReadOptions,
  within?: string,
): Promise<LabelledSet> {
  if (files.length === 0) throw new UserError('no Parquet files are named');
  // Readers of Parquet files are many; most sets need none.
  const { extractParquet } = await import('./extract-parquet.js');
  return readExtracted(await extractParquet(within ?? commonFolder(files), files, options), options);
}

async function readExtracted(root: string, options: ReadOptions): Promise<LabelledSet> {
  const { files: there } = await placesIn(root);
  // Its labels are in the column that is written, whatever theirs was.
  return { root, files: readImagefolder(root, await metadataAmong(there), { ...options, labelColumn: 'label' }) };
}

/** Reads pictures and labels as `readPictures` does, where there is metadata; a UserError where there is none. */
export async function readHubFolder(path: string, options: ReadOptions): Promise<LabelledSet> {
  const root = await innermost(await pictureFolder(path, options));
  const tables = await metadataAmong((await placesIn(root)).files);
  if (tables.length === 0) throw new UserError(`${path} has no ${METADATA_NAMES.join(' or ')} that tells labels`);
  return { root, files: readImagefolder(root, tables, options) };
}

function metadataAmong(files: readonly string[]): Promise<Metadata[]> {
  const found = files.filter((file) => METADATA_NAMES.some((name) => name === basename(file)));
  return Promise.all(found.map(readMetadata));
}

/** The innermost folder that all files are below. */
function commonFolder(files: readonly string[]): string {
  return files
    .map((file) => dirname(resolve(file)))
    .reduce((common, folder) => {
      let at = common;
      while (at !== dirname(at) && folder !== at && !folder.startsWith(at + sep)) at = dirname(at);
      return at;
    });
}

function isParquet(path: string): boolean {
  return path.toLowerCase().endsWith('.parquet');
}
