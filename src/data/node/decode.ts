import { open, readFile } from 'node:fs/promises';
import sharp, { type Sharp } from 'sharp';
import { messageOf } from '../../core/errors.js';
import type { ResizeMethod } from '../framing.js';
import { decodeBmp, readBmpHeader } from './decode-bmp.js';
import { KIND_BYTES, type PictureKind, pictureKind } from './picture-kind.js';

// Decoding runs on libuv's threads, one picture a thread; libvips' own threads and its cache of operations
// would only get in the way.
sharp.concurrency(1);
sharp.cache(false);

/** What the same bytes become changes with this number and with libvips: kept pictures are known by both. */
export const DECODER = `2 ${sharp.versions.vips}`;

/** A decoded picture: interleaved RGB bytes, [height, width, 3]. */
export interface DecodedPicture {
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
}

export interface DecodeOptions {
  /** How it will become a square: decides which side is reduced to the size. Default `crop`. */
  readonly resizeMethod?: ResizeMethod;
  /** Whether a file that is cut off or damaged inside counts as far as it goes. Default false. */
  readonly acceptTruncated?: boolean;
  /** Whether damage counts, too, that the decoder can go on after. Default false. */
  readonly strict?: boolean;
  /** More pixels than this are refused before they are decoded. Default `MAX_PIXELS`. */
  readonly maxPixels?: number;
}

/** Pillow's bound: beyond it, a picture is more likely to be an attack on memory than a photograph. */
export const MAX_PIXELS = 178_956_970;

/** Beyond this a picture's long side would take memory without bound. */
const LONGEST_ASPECT = 16;

/** What sharp calls the reductions. */
const FITS = { crop: 'outside', pad: 'inside', squish: 'fill' } as const;

/** Formats that have no decoder here, by their usual names. */
const UNREADABLE: Partial<Record<PictureKind, string>> = {
  jxl: 'JPEG XL',
  jp2: 'JPEG 2000',
  psd: 'Photoshop',
  svg: 'SVG',
  ico: 'ICO',
  pdf: 'PDF',
};

/** The library that comes with sharp has no decoder of HEVC, which is patented; one of the system's may have. */
const NO_HEVC =
  "HEIC pictures need a decoder of HEVC, which sharp's own library lacks; convert it to JPEG (macOS: sips -s format jpeg, Linux: heif-convert), or let sharp use a libvips that has one";

/** Why a file cannot be used; the message has no file name. */
export class PictureError extends Error {
  override readonly name = 'PictureError';
}

/**
 * Decodes a picture to RGB as Pillow's `convert('RGB')` does: grey becomes three equal channels, alpha is left out and the colours
 * below it count as they are stored, 16 bits become their higher 8, of several frames the first counts. Unlike
 * Pillow, it stands upright by its EXIF tag, and its colour profile (of CMYK without one: a usual one) is brought to sRGB. What the file
 * is, its content tells, not its name.
 *
 * Where its short side is longer than `size` (to `pad`, its long side; to `squish`, either), it is reduced (cubic) to that; smaller
 * pictures stay small, and are enlarged when they are sampled. Throws a PictureError if the file is damaged, cut off, too large, or no picture.
 */
export async function decodePicture(
  source: string | Uint8Array,
  size: number,
  options: DecodeOptions = {},
): Promise<DecodedPicture> {
  let kind: PictureKind | undefined;
  try {
    const bytes = typeof source === 'string' ? await readFile(source) : source;
    kind = pictureKind(bytes);
    return await reduced(await opened(bytes, kind, options), size, options.resizeMethod ?? 'crop');
  } catch (error) {
    if (error instanceof PictureError) throw error;
    throw new PictureError(kind === 'heic' ? NO_HEVC : reasonOf(error, options), { cause: error });
  }
}

/** What a file is, by its first bytes. */
export async function kindOfFile(file: string): Promise<PictureKind | undefined> {
  const head = Buffer.alloc(KIND_BYTES);
  const handle = await open(file);
  try {
    const { bytesRead } = await handle.read(head, 0, KIND_BYTES, 0);
    return pictureKind(head.subarray(0, bytesRead));
  } finally {
    await handle.close();
  }
}

/** The width and height of a picture in pixels, from its header alone. */
export async function pictureSize(file: string): Promise<{ width: number; height: number }> {
  // A palette may go on beyond the beginning.
  if ((await kindOfFile(file)) === 'bmp') return readBmpHeader(await readFile(file));
  const { width, height } = await sharp(file).metadata();
  return { width, height };
}

/** A picture without alpha, which sharp can reduce. */
async function opened(bytes: Uint8Array, kind: PictureKind | undefined, options: DecodeOptions): Promise<Sharp> {
  const { acceptTruncated = false, strict = false, maxPixels = MAX_PIXELS } = options;
  if (kind === undefined) throw new PictureError('not a picture, or in a format that cannot be decoded');
  const unreadable = UNREADABLE[kind];
  if (unreadable !== undefined) {
    throw new PictureError(`${unreadable} files cannot be decoded; convert it to JPEG or PNG`);
  }
  if (kind === 'bmp') {
    const header = readBmpHeader(bytes);
    const { width, height } = header;
    if (width * height > maxPixels) throw new PictureError(tooLarge(maxPixels));
    return sharp(decodeBmp(bytes, header, acceptTruncated), { raw: { width, height, channels: 3 } });
  }
  const image = sharp(bytes, {
    failOn: acceptTruncated ? 'none' : strict ? 'warning' : 'error',
    limitInputPixels: maxPixels,
    autoOrient: true,
  });
  if (kind === 'jpeg' || !(await image.metadata()).hasAlpha) return image;
  // Reducing weighs colours by their alpha, so that has to go before.
  const { data, info } = await image.removeAlpha().toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  return sharp(data, { raw: info });
}

async function reduced(image: Sharp, size: number, method: ResizeMethod): Promise<DecodedPicture> {
  const { data, info } = await image
    .resize({ width: size, height: size, fit: FITS[method], kernel: 'cubic', withoutEnlargement: true })
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
}

function reasonOf(error: unknown, { maxPixels = MAX_PIXELS }: DecodeOptions): string {
  const message = messageOf(error).trim().split('\n')[0] ?? '';
  return /exceeds pixel limit/i.test(message) ? tooLarge(maxPixels) : message;
}

function tooLarge(maxPixels: number): string {
  return `it has more than ${maxPixels} pixels; raise maxPixels if that is right`;
}
