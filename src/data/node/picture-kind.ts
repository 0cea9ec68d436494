/** What a file is, by its first bytes: its name may say something else. */
export type PictureKind =
  | 'jpeg'
  | 'png'
  | 'gif'
  | 'webp'
  | 'tiff'
  | 'bmp'
  | 'avif'
  | 'heic'
  | 'jxl'
  | 'jp2'
  | 'psd'
  | 'svg'
  | 'ico'
  | 'pdf';

/** How many bytes `pictureKind` looks at, at most. */
export const KIND_BYTES = 256;

/** How each format begins, as Latin-1 text; what lies in a common container is told apart by `brandOf`. */
const BEGINNINGS: readonly (readonly [kind: PictureKind, ...beginnings: readonly string[]])[] = [
  ['jpeg', '\xff\xd8\xff'],
  ['png', '\x89PNG\r\n\x1a\n'],
  ['gif', 'GIF87a', 'GIF89a'],
  ['tiff', 'II*\0', 'MM\0*', 'II+\0', 'MM\0+'],
  ['jxl', '\xff\x0a', '\0\0\0\x0cJXL '],
  ['jp2', '\xff\x4f\xff\x51', '\0\0\0\x0cjP  '],
  ['psd', '8BPS'],
  ['ico', '\0\0\x01\0'],
  ['pdf', '%PDF-'],
];

/** Lengths that the header of a bitmap can have; its first two letters alone begin many files. */
const BMP_HEADERS = [12, 40, 52, 56, 64, 108, 124];

/** Tells by the beginning of a file what it is; undefined if it is no picture that is known. */
export function pictureKind(bytes: Uint8Array): PictureKind | undefined {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(KIND_BYTES, bytes.length));
  const head = start.toString('latin1');
  if (head.startsWith('RIFF') && head.startsWith('WEBP', 8)) return 'webp';
  if (head.startsWith('BM') && start.length >= 18 && BMP_HEADERS.includes(start.readUInt32LE(14))) return 'bmp';
  if (head.startsWith('ftyp', 4)) return brandOf(head);
  const found = BEGINNINGS.find(([, ...beginnings]) => beginnings.some((text) => head.startsWith(text)));
  if (found !== undefined) return found[0];
  return /^(\xef\xbb\xbf)?\s*<(\?xml|svg|!DOCTYPE svg|!--)/i.test(head) ? 'svg' : undefined;
}

/** AVIF and HEIC share a container, which lists its brands in any order: some that are of AVIF, then what is HEIF otherwise. */
function brandOf(head: string): PictureKind | undefined {
  if (/avi[fs]/.test(head)) return 'avif';
  return /^hei|^hev|^mif1|^msf1/.test(head.slice(8)) ? 'heic' : undefined;
}
