import sharp from 'sharp';
import { messageOf } from '../../core/errors.js';
import type { ResizeMethod } from '../framing.js';

// Decoding runs on libuv's threads, one picture a thread; libvips' own threads and its cache of operations
// would only get in the way.
sharp.concurrency(1);
sharp.cache(false);

/** A decoded picture: interleaved RGB bytes, [height, width, 3]. */
export interface DecodedPicture {
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Beyond this a picture's long side would take memory without bound. */
const LONGEST_ASPECT = 16;

/** What sharp calls the reductions. */
const FITS = { crop: 'outside', pad: 'inside', squish: 'fill' } as const;

/** Why a file cannot be used; the message has no file name. */
export class PictureError extends Error {
  override readonly name = 'PictureError';
}

/**
 * Decodes a picture, upright by its EXIF tag, in sRGB, transparency on white, the first frame of several. Where its short side is
 * longer than `size` (to `pad`, its long side; to `squish`, either), it is reduced (cubic) to that; smaller pictures stay small,
 * and are enlarged when they are sampled. Throws a PictureError if the file is damaged, cut off, or no picture.
 */
export async function decodePicture(
  source: string | Uint8Array,
  size: number,
  method: ResizeMethod = 'crop',
): Promise<DecodedPicture> {
  try {
    const { data, info } = await sharp(source, { failOn: 'error', autoOrient: true })
      .resize({ width: size, height: size, fit: FITS[method], kernel: 'cubic', withoutEnlargement: true })
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    const [short, long] = [Math.min(width, height), Math.max(width, height)];
    if (method === 'crop' && long > LONGEST_ASPECT * short) {
      throw new PictureError(`its sides (${width} x ${height}) differ more than ${LONGEST_ASPECT}-fold`);
    }
    if (channels !== 3 || (method === 'crop' ? short : long) > size) {
      throw new PictureError(`decoded to an unexpected shape (${width} x ${height}, ${channels} channels)`);
    }
    return { pixels: data, width, height };
  } catch (error) {
    if (error instanceof PictureError) throw error;
    throw new PictureError(reasonOf(error), { cause: error });
  }
}

/** The width and height of a picture in pixels, from its header alone. */
export async function pictureSize(file: string): Promise<{ width: number; height: number }> {
  const { width, height } = await sharp(file).metadata();
  return { width, height };
}

function reasonOf(error: unknown): string {
  const message = messageOf(error).trim().split('\n')[0] ?? '';
  return /unsupported image format/i.test(message) ? 'not a picture, or in a format that cannot be decoded' : message;
}
