import sharp from 'sharp';
import { UserError } from '../core/errors.js';
import type { DataBunch, ImageBatch, SplitName } from '../data/batch.js';

/** One picture of a batch, as the network sees it but for normalisation. */
export interface BatchTile {
  /** What it is labelled with, in words. */
  readonly label: string;
  readonly file: string;
  /** A PNG as a data URI. */
  readonly uri: string;
}

/**
 * The first `count` pictures of a pass, augmented as in training if the split is the training one; fewer if the split has fewer. The same
 * bunch and epoch give the same tiles.
 *
 * Throws a UserError if the split has no pictures.
 */
export async function batchTiles(
  data: DataBunch,
  { split, epoch, count }: { readonly split: SplitName; readonly epoch: number; readonly count: number },
): Promise<BatchTile[]> {
  for await (const batch of data.batches(split, { batchSize: count, epoch, dropLast: false })) {
    return Promise.all(Array.from({ length: batch.n }, (_, i) => tile(data, split, batch, i)));
  }
  throw new UserError(`The ${split} split has no pictures to show`);
}

async function tile(data: DataBunch, split: SplitName, batch: ImageBatch, i: number): Promise<BatchTile> {
  const cells = data.size * data.size;
  const planes = batch.images.subarray(3 * i * cells, 3 * (i + 1) * cells);
  const pixels = Uint8Array.from({ length: 3 * cells }, (_, k) => planes[(k % 3) * cells + Math.floor(k / 3)] ?? 0);
  const png = await sharp(pixels, { raw: { width: data.size, height: data.size, channels: 3 } })
    .png()
    .toBuffer();
  return {
    label: labelOf(data, batch, i),
    file: data.file(split, batch.indices[i] ?? 0),
    uri: `data:image/png;base64,${png.toString('base64')}`,
  };
}

/** What a picture of a batch is labelled with, in words. */
export function labelOf(
  { task, classes }: Pick<DataBunch, 'task' | 'classes'>,
  { labels, targets }: Pick<ImageBatch, 'labels' | 'targets'>,
  i: number,
): string {
  if (task === 'single-label') return classes[labels[i] ?? -1] ?? 'no label';
  const row = Array.from(targets?.subarray(i * classes.length, (i + 1) * classes.length) ?? []);
  if (row.some(Number.isNaN)) return 'no label';
  if (task === 'regression') return row.map((value) => String(Number(value.toPrecision(4)))).join(', ');
  return classes.filter((_, c) => row[c] === 1).join(', ') || 'none';
}
