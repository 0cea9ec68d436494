/**
 * Windows bitmaps, which libvips does not read: uncompressed, with 1 to 32 bits a pixel, of all versions of the header.
 * Format: "Bitmap Storage", Microsoft's documentation of the Win32 API.
 */

const FILE_HEADER = 14;
const CORE_HEADER = 12;

/** Values of the field `biCompression`. */
const RGB = 0;
const BIT_FIELDS = 3;
const ALPHA_BIT_FIELDS = 6;

export interface BmpHeader {
  readonly width: number;
  readonly height: number;
  readonly bits: 1 | 4 | 8 | 16 | 24 | 32;
  /** Whether rows begin at the top. */
  readonly topDown: boolean;
  /** Where the rows begin, and their length, in bytes. */
  readonly start: number;
  readonly stride: number;
  /** Red, green, blue for each index; of pictures with up to 8 bits a pixel. */
  readonly palette: Uint8Array;
  /** Which bits of a pixel are red, green and blue; of pictures with 16 and 32 bits a pixel. */
  readonly masks: readonly [number, number, number];
}

/** Reads the header. Throws an Error that says what is wrong, or what is compressed. */
export function readBmpHeader(bytes: Uint8Array): BmpHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < FILE_HEADER + CORE_HEADER) throw new Error('it is cut off');
  const length = view.getUint32(14, true);
  const isCore = length === CORE_HEADER;
  if (bytes.length < FILE_HEADER + length) throw new Error('it is cut off');
  const width = isCore ? view.getUint16(18, true) : view.getInt32(18, true);
  const signed = isCore ? view.getUint16(20, true) : view.getInt32(22, true);
  const bits = view.getUint16(isCore ? 24 : 28, true);
  const compression = isCore ? RGB : view.getUint32(30, true);
  if (width <= 0 || signed === 0) throw new Error(`it has ${width} x ${Math.abs(signed)} pixels`);
  if (bits !== 1 && bits !== 4 && bits !== 8 && bits !== 16 && bits !== 24 && bits !== 32) {
    throw new Error(`it has ${bits} bits a pixel`);
  }
  const hasFields = compression === BIT_FIELDS || compression === ALPHA_BIT_FIELDS;
  if (compression !== RGB && !(hasFields && (bits === 16 || bits === 32))) {
    throw new Error('compressed BMP files cannot be decoded; convert it to PNG');
  }
  // Masks are part of the longer headers, and follow the shortest.
  const afterHeader = FILE_HEADER + length + (hasFields && length === 40 ? 12 : 0);
  return {
    width,
    height: Math.abs(signed),
    bits,
    topDown: signed < 0,
    start: view.getUint32(10, true),
    stride: Math.ceil((width * bits) / 32) * 4,
    palette: bits <= 8 ? readPalette(bytes, view, afterHeader, isCore, bits) : new Uint8Array(),
    masks: hasFields ? readMasks(view) : bits === 16 ? [0x7c00, 0x3e0, 0x1f] : [0xff0000, 0xff00, 0xff],
  };
}

function readMasks(view: DataView): [number, number, number] {
  if (view.byteLength < 66) throw new Error('it is cut off');
  return [view.getUint32(54, true), view.getUint32(58, true), view.getUint32(62, true)];
}

function readPalette(bytes: Uint8Array, view: DataView, at: number, isCore: boolean, bits: number): Uint8Array {
  const said = isCore ? 0 : view.getUint32(46, true);
  const step = isCore ? 3 : 4;
  const count = Math.min(said === 0 ? 2 ** bits : said, 2 ** bits);
  if (at + count * step > bytes.length) throw new Error('it is cut off');
  // An index beyond the palette is black.
  const palette = new Uint8Array(3 * 2 ** bits);
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < 3; c++) palette[3 * i + c] = bytes[at + step * i + 2 - c] ?? 0;
  }
  return palette;
}

/**
 * The pixels of a bitmap, interleaved RGB, [height, width, 3]; alpha is left out.
 *
 * @param acceptTruncated whether rows that are missing are black instead of an Error
 */
export function decodeBmp(bytes: Uint8Array, header: BmpHeader, acceptTruncated: boolean): Uint8Array {
  const { width, height, start, stride, topDown } = header;
  if (!acceptTruncated && start + stride * height > bytes.length) throw new Error('it is cut off');
  const pixels = new Uint8Array(3 * width * height);
  const writeRow = rowWriter(header);
  for (let y = 0; y < height; y++) {
    const from = start + stride * (topDown ? y : height - 1 - y);
    if (from + stride <= bytes.length) writeRow(bytes.subarray(from, from + stride), pixels, 3 * width * y);
  }
  return pixels;
}

type RowWriter = (row: Uint8Array, pixels: Uint8Array, at: number) => void;

function rowWriter({ width, bits, palette, masks }: BmpHeader): RowWriter {
  if (bits <= 8) {
    return (row, pixels, at) => {
      for (let x = 0; x < width; x++) {
        const bit = x * bits;
        const index = ((row[bit >> 3] ?? 0) >> (8 - bits - (bit & 7))) & (2 ** bits - 1);
        for (let c = 0; c < 3; c++) pixels[at + 3 * x + c] = palette[3 * index + c] ?? 0;
      }
    };
  }
  if (bits === 24) {
    return (row, pixels, at) => {
      for (let x = 0; x < 3 * width; x += 3) {
        for (let c = 0; c < 3; c++) pixels[at + x + c] = row[x + 2 - c] ?? 0;
      }
    };
  }
  const channels = masks.map(maskReader);
  return (row, pixels, at) => {
    const view = new DataView(row.buffer, row.byteOffset, row.byteLength);
    for (let x = 0; x < width; x++) {
      const pixel = bits === 16 ? view.getUint16(2 * x, true) : view.getUint32(4 * x, true);
      channels.forEach((read, c) => {
        pixels[at + 3 * x + c] = read(pixel);
      });
    }
  };
}

/** Takes one channel out of a pixel, as a byte. */
function maskReader(mask: number): (pixel: number) => number {
  if (mask === 0) return () => 0;
  const shift = 31 - Math.clz32(mask & -mask);
  const most = mask >>> shift;
  return (pixel) => Math.round((255 * ((pixel & mask) >>> shift)) / most);
}
