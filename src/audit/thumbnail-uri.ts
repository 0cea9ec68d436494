import sharp from 'sharp';
import { decodePicture } from '../data/node/decode.js';

/** Longest side of the small pictures on pages, in pixels. */
const LONGEST = 96;

/** A small picture of a file, as a data URI; undefined if it cannot be decoded. */
export async function thumbnailUri(path: string): Promise<string | undefined> {
  try {
    const { pixels, width, height } = await decodePicture(path, LONGEST, { resizeMethod: 'pad' });
    const webp = await sharp(pixels, { raw: { width, height, channels: 3 } })
      .webp({ quality: 80 })
      .toBuffer();
    return `data:image/webp;base64,${webp.toString('base64')}`;
  } catch {
    // The page says that there is none.
    return undefined;
  }
}
