import { extname } from 'node:path';
import sharp from 'sharp';
import { type BatchTile, batchTiles } from './audit/index.js';
import { UserError } from './core/errors.js';
import type { DataBunch, SplitName } from './data/batch.js';
import { checkInteger } from './data/check.js';
import { contactPage, contactSheet } from './report/contact-sheet.js';
import { writeFile } from './runtime/node/files.js';

export interface ShowBatchOptions {
  /** Default 4, at most 50. */
  readonly rows?: number | undefined;
  /** Default 4, at most 50. */
  readonly columns?: number | undefined;
  /** Default `train`, whose pictures are augmented; others are shown as they are measured. */
  readonly split?: SplitName | undefined;
  /** Which pass: together with the bunch's seed it decides which pictures, and how they are altered. Default 0. */
  readonly epoch?: number | undefined;
  /** Where the sheet is written: as a picture for .png, a page for .html, an SVG for .svg. Default: nowhere. */
  readonly file?: string | undefined;
}

const ENDINGS = ['.png', '.svg', '.html'];

/**
 * A sheet of pictures as the network sees them, with their labels, as an SVG document; written to `file` as its name says.
 *
 * Throws a UserError if an option is out of bounds, the split has no pictures, or the file cannot be written.
 */
export async function showBatch(data: DataBunch, options: ShowBatchOptions = {}): Promise<string> {
  return (await drawBatch(data, options)).svg;
}

/** The same, with what is on the sheet. */
export async function drawBatch(
  data: DataBunch,
  options: ShowBatchOptions,
): Promise<{ readonly svg: string; readonly tiles: readonly BatchTile[] }> {
  const { split = 'train', epoch = 0, file } = options;
  const rows = checkInteger('rows', options.rows ?? 4, 1, 50);
  const columns = checkInteger('columns', options.columns ?? 4, 1, 50);
  checkInteger('epoch', epoch, 0);
  if (file !== undefined) checkSheetName(file);
  const tiles = await batchTiles(data, { split, epoch, count: rows * columns });
  const svg = contactSheet(tiles, columns);
  if (file === undefined) return { svg, tiles };
  const ending = extname(file).toLowerCase();
  if (ending === '.png') await writeFile(file, await sharp(Buffer.from(svg), { unlimited: true }).png().toBuffer());
  else await writeFile(file, ending === '.html' ? contactPage(tiles, `A batch of the ${split} split`) : svg);
  return { svg, tiles };
}

/**
 * @throws {UserError} unless a sheet can have this name
 */
export function checkSheetName(file: string): void {
  if (ENDINGS.includes(extname(file).toLowerCase())) return;
  throw new UserError(`${file} must end in ${ENDINGS.join(', ')}, which says how the sheet is written`);
}
