import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import sharp, { type Metadata } from 'sharp';
import { codeOf, messageOf } from '../core/errors.js';
import { type DecodedPicture, decodePicture, kindOfFile, pictureSize } from '../data/node/decode.js';
import { type PictureKind, pictureKind } from '../data/node/picture-kind.js';
import { type Chroma, chromaOf } from './chroma.js';
import { thumbnail } from './thumbnail.js';

/** Longest short side, in pixels, that pictures are decoded to. */
export const DECODED_SIDE = 256;

/** What a picture that can be decoded is. */
export interface Picture {
  readonly bytes: number;
  /** SHA-256 of the file. */
  readonly sha256: string;
  /** SHA-256 of the pixels, reduced to a short side of at most 256: equal for equal pictures. */
  readonly pixels: string;
  readonly width: number;
  readonly height: number;
  readonly format: PictureKind;
  readonly mode: string;
  /** See `thumbnail`. */
  readonly thumb: Uint8Array;
  readonly chroma: Chroma;
}

/** What was wrong with a file. */
export interface Flaw {
  readonly kind: 'unreadable' | 'corrupt' | 'wrong-extension' | 'unsupported';
  readonly severity: 'error' | 'warning';
  readonly message: string;
}

export interface Examined {
  /** Undefined if it cannot be decoded. */
  readonly picture: Picture | undefined;
  readonly flaws: readonly Flaw[];
}

/** What a name promises, by its ending; the container of .heic files holds AVIF, too. */
const PROMISED: readonly (readonly [kinds: readonly PictureKind[], endings: readonly string[]])[] = [
  [['jpeg'], ['jpg', 'jpeg', 'jpe', 'jfif']],
  [['png'], ['png', 'apng']],
  [['webp'], ['webp']],
  [['gif'], ['gif']],
  [['tiff'], ['tif', 'tiff']],
  [['bmp'], ['bmp', 'dib']],
  [['avif'], ['avif']],
  [
    ['heic', 'avif'],
    ['heic', 'heif'],
  ],
];

const UNREADABLE: ReadonlyMap<string, string> = new Map([
  ['EACCES', 'may not be read: permission denied'],
  ['ENOENT', 'is named in a table, and is not there'],
]);

/** What libjpeg warns of although nothing of the picture is lost. */
const HARMLESS = /extraneous bytes before marker 0xd9|invalid SOS parameters/i;

/** Reads and decodes a file that has a picture's name. Never throws. */
export async function examine(path: string): Promise<Examined> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const reason = UNREADABLE.get(codeOf(error) ?? '') ?? messageOf(error);
    return { picture: undefined, flaws: [{ kind: 'unreadable', severity: 'error', message: reason }] };
  }
  const empty =
    bytes.length === 0 ? 'is empty' : bytes.every((byte) => byte === 0) ? 'holds nothing but zeros' : undefined;
  if (empty !== undefined) return corrupt(empty);
  const format = pictureKind(bytes);
  if (format === undefined) return corrupt(isText(bytes) ? 'is text, not a picture' : 'is not a picture');
  const promised = keepsPromise(path, format) ? undefined : `is ${nameOf(format)}, not ${endingOf(path)}`;
  try {
    const { decoded, damage } = await decode(bytes, format);
    const flaws: Flaw[] = damage === undefined ? [] : [damage];
    if (promised !== undefined) flaws.push({ kind: 'wrong-extension', severity: 'warning', message: promised });
    return { picture: await describe(path, bytes, format, decoded), flaws };
  } catch (error) {
    const reason = (messageOf(error).split('\n')[0] ?? '').replace('Input buffer has corrupt header: ', '');
    if (promised !== undefined) {
      const message = `${promised}, and cannot be decoded: ${reason}`;
      return { picture: undefined, flaws: [{ kind: 'wrong-extension', severity: 'error', message }] };
    }
    if (format === 'heic') {
      const message = `cannot be decoded: ${reason}`;
      return { picture: undefined, flaws: [{ kind: 'unsupported', severity: 'warning', message }] };
    }
    return corrupt(`cannot be decoded: ${reason}`);
  }
}

/** The format of a picture whose name does not tell one, or undefined if it is none that can be decoded. */
export async function hiddenPicture(path: string): Promise<PictureKind | undefined> {
  // Of what cannot be read nobody can say that it is a picture.
  const kind = await kindOfFile(path).catch(() => undefined);
  return kind !== undefined && PROMISED.some(([kinds]) => kinds.includes(kind)) ? kind : undefined;
}

async function decode(bytes: Buffer, format: PictureKind): Promise<{ decoded: DecodedPicture; damage?: Flaw }> {
  if (format !== 'jpeg' && format !== 'gif') {
    const decoded = await decodePicture(bytes, DECODED_SIDE);
    const cut = format === 'webp' && (await endsInZeros(bytes));
    return { decoded, ...(cut ? { damage: damaged('the end of the file is zeros') } : {}) };
  }
  // These decoders go on after damage, and training with them.
  try {
    return { decoded: await decodePicture(bytes, DECODED_SIDE, { strict: true }) };
  } catch (error) {
    const decoded = await decodePicture(bytes, DECODED_SIDE);
    const reason = messageOf(error);
    return HARMLESS.test(reason) ? { decoded } : { decoded, damage: damaged(reason) };
  }
}

/** WebP's decoder takes what a broken copy leaves for pixels; compressed data does not end in so many zeros. */
async function endsInZeros(bytes: Buffer): Promise<boolean> {
  const { exif, xmp } = await sharp(bytes).metadata();
  const end = bytes.subarray(0, 8 + bytes.readUInt32LE(4)).subarray(-16);
  return exif === undefined && xmp === undefined && end.every((byte) => byte === 0);
}

function damaged(reason: string): Flaw {
  return { kind: 'corrupt', severity: 'error', message: `is damaged, though it can be decoded: ${reason}` };
}

async function describe(path: string, bytes: Buffer, format: PictureKind, decoded: DecodedPicture): Promise<Picture> {
  const metadata = format === 'bmp' ? undefined : await sharp(bytes).metadata();
  const { width, height } = metadata?.autoOrient ?? (await pictureSize(path));
  return {
    bytes: bytes.length,
    sha256: sha256(bytes),
    // The shape belongs to it: one row of pixels is not one column.
    pixels: sha256(`${width}x${height}`, decoded.pixels),
    width,
    height,
    format,
    mode: metadata === undefined ? 'RGB' : modeOf(metadata),
    thumb: thumbnail(decoded),
    chroma: chromaOf(decoded),
  };
}

function endingOf(path: string): string {
  return extname(path).slice(1).toLowerCase();
}

function keepsPromise(path: string, format: PictureKind): boolean {
  return PROMISED.some(([kinds, endings]) => kinds.includes(format) && endings.includes(endingOf(path)));
}

function corrupt(message: string): Examined {
  return { picture: undefined, flaws: [{ kind: 'corrupt', severity: 'error', message }] };
}

function isText(bytes: Buffer): boolean {
  const start = bytes.subarray(0, 512);
  return !start.includes(0) && start.every((byte) => byte >= 32 || (byte >= 9 && byte <= 13));
}

function nameOf(format: PictureKind): string {
  return format === 'webp' ? 'WebP' : format.toUpperCase();
}

/** Colour mode in the words of picture editors: `RGB`, `grey with alpha`, `RGB 16 bit`. */
function modeOf({ space, depth, hasAlpha, isPalette }: Metadata): string {
  const grey = space === 'b-w' || space === 'grey16';
  const colour = isPalette === true ? 'palette' : grey ? 'grey' : space === 'cmyk' ? 'CMYK' : 'RGB';
  const bits = depth === 'ushort' ? ' 16 bit' : depth === 'float' ? ' float' : '';
  return `${colour}${bits}${hasAlpha === true ? ' with alpha' : ''}`;
}

function sha256(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('base64url');
}
