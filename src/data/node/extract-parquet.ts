import { createHash } from 'node:crypto';
import { realpath, stat } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { asyncBufferFromFile, type FileMetaData, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { messageOf, UserError } from '../../core/errors.js';
import type { SplitName } from '../batch.js';
import type { OnProgress } from '../progress.js';
import { splitOfPath } from '../split-names.js';
import { extractPictures, type PictureWriter } from './extract-pictures.js';
import { isThere } from './make-folder.js';
import { type ColumnOptions, type PictureColumns, pictureColumns } from './parquet-columns.js';

export interface ExtractOptions extends ColumnOptions {
  /** Folder for what can be made again; the pictures go to `parquet` in it. */
  readonly cacheFolder: string;
  /** Bound on the bytes of all pictures together. */
  readonly maxUnpackedBytes: number;
  readonly onProgress?: OnProgress | undefined;
  /** Is told of rows that are left out. */
  readonly onNotice?: ((message: string) => void) | undefined;
}

/** Of how files are laid out, so that another version of this does not take them up. */
const LAYOUT = 1;

interface Source {
  readonly file: string;
  readonly metadata: FileMetaData;
  readonly columns: PictureColumns;
  /** Bytes of its rows, compressed. */
  readonly bytes: number;
  /** By its name: `train-00000-of-00002.parquet`. Default `train`. */
  readonly split: SplitName;
}

/**
 * Takes the pictures out of Parquet files, once, into a folder of the cache as Hugging Face's `imagefolder` has them: a folder for each
 * split with `metadata.jsonl`. No more than one group of rows of one file is in memory at a time.
 *
 * @param root the folder that the files are in; what their paths say below it names their splits
 * @throws {UserError} that names the file that is damaged or has no such columns
 */
export async function extractParquet(root: string, files: readonly string[], options: ExtractOptions): Promise<string> {
  const folder = join(options.cacheFolder, 'parquet', `${basename(root)}-${await keyOf(files, options)}`);
  if (await isThere(folder)) return folder;
  const sources = await Promise.all(files.map((file) => open(file, relative(root, file), options)));
  const total = sources.reduce((sum, { bytes }) => sum + bytes, 0);
  await extractPictures(folder, root, options.maxUnpackedBytes, async (writer) => {
    let before = 0;
    for (const source of sources) {
      const onRead = (bytes: number) => options.onProgress?.({ stage: 'unpack', done: before + bytes, total });
      tellLeftOut(source, await extract(source, writer, onRead), options);
      before += source.bytes;
    }
    if (writer.count === 0) throw new UserError(`${root} has no row with a picture and a label`);
  });
  return folder;
}

async function keyOf(files: readonly string[], { imageColumn, labelColumn }: ExtractOptions): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([LAYOUT, imageColumn, labelColumn]));
  for (const file of files) {
    const found = await stat(file).catch(() => undefined);
    if (found === undefined) throw new UserError(`There is no file ${file}`);
    hash.update(JSON.stringify([await realpath(file), found.size, found.mtimeMs]));
  }
  return hash.digest('hex').slice(0, 16);
}

async function open(file: string, below: string, options: ColumnOptions): Promise<Source> {
  const metadata = await parquetMetadataAsync(await asyncBufferFromFile(file)).catch((error: unknown) => {
    throw new UserError(`${file} is damaged or no Parquet file: ${messageOf(error)}`, { cause: error });
  });
  const bytes = metadata.row_groups.reduce((sum, group) => sum + bytesOf(group), 0);
  const columns = pictureColumns(file, metadata, options);
  return { file, metadata, columns, bytes, split: splitOfPath(below) ?? 'train' };
}

function bytesOf(group: FileMetaData['row_groups'][number]): number {
  return group.columns.reduce((sum, { meta_data }) => sum + Number(meta_data?.total_compressed_size ?? 0), 0);
}

function tellLeftOut({ file, metadata }: Source, count: number, { onNotice }: ExtractOptions): void {
  if (count === 0) return;
  const words = count === 1 ? 'has no picture or no label, and is' : 'have no picture or no label, and are';
  onNotice?.(`${file}: ${count} of ${metadata.num_rows} rows ${words} left out`);
}

/** Writes the pictures of a file, group by group; gives the number of rows that have none, or no label. */
async function extract(source: Source, writer: PictureWriter, onRead: (bytes: number) => void): Promise<number> {
  const { file, metadata, columns } = source;
  const buffer = await asyncBufferFromFile(file);
  let rowStart = 0;
  let bytes = 0;
  let leftOut = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    const rows = await parquetReadObjects({
      file: buffer,
      metadata,
      compressors,
      // Bytes without a type are pictures, not text.
      utf8: false,
      columns: [columns.image, columns.label],
      rowStart,
      rowEnd,
    }).catch((error: unknown) => {
      throw new UserError(`${file} is damaged: ${messageOf(error)}`, { cause: error });
    });
    rows.forEach((row, i) => {
      const label = labelOf(row[columns.label], columns, file);
      const picture = pictureOf(row[columns.image], file, rowStart + i);
      if (label === undefined || picture === undefined) leftOut++;
      else writer.add(source.split, picture, label);
    });
    rowStart = rowEnd;
    bytes += bytesOf(group);
    onRead(bytes);
  }
  return leftOut;
}

/** The bytes of a cell; undefined if it is empty. */
function pictureOf(cell: unknown, file: string, row: number): Uint8Array | undefined {
  if (cell === null || cell === undefined) return undefined;
  if (cell instanceof Uint8Array) return cell;
  const bytes = typeof cell === 'object' && 'bytes' in cell ? cell.bytes : undefined;
  if (bytes instanceof Uint8Array) return bytes;
  throw new UserError(`${file}, row ${row}: the picture itself is not in the file, only where it was`);
}

/** The name of a class; undefined where there is none (-1 stands for it in test sets). */
function labelOf(cell: unknown, { names, label }: PictureColumns, file: string): string | undefined {
  if (cell === null || cell === undefined || cell === '') return undefined;
  if (names === undefined) return String(cell);
  const number = Number(cell);
  if (number === -1) return undefined;
  const name = names[number];
  if (name === undefined) {
    throw new UserError(`${file}: the column "${label}" holds ${number}, which is none of its ${names.length} classes`);
  }
  return name;
}
