import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { crc32 } from '../../nn/weights/crc32.js';
import { type DecodeOptions, decodePicture, PictureError, pictureSize } from './decode.js';
import { pictureKind } from './picture-kind.js';

const root = await mkdtemp(join(tmpdir(), 'onecycle-decode-'));
after(() => rm(root, { recursive: true }));

type Rgb = readonly [number, number, number];
const RED: Rgb = [255, 0, 0];
const GREEN: Rgb = [0, 255, 0];
const BLUE: Rgb = [0, 0, 255];
const DARK: Rgb = [20, 40, 60];

/** Red, green over blue, dark: each a square of 16 px, so that JPEG keeps them apart. */
function quarters(alpha?: readonly number[]): Sharp {
  const channels = alpha === undefined ? 3 : 4;
  const data = new Uint8Array(32 * 32 * channels);
  for (let y = 0; y < 32; y++) {
    for (let x = 0; x < 32; x++) {
      const q = (y >> 4) * 2 + (x >> 4);
      const at = (y * 32 + x) * channels;
      data.set([RED, GREEN, BLUE, DARK][q] ?? [], at);
      if (alpha !== undefined) data[at + 3] = alpha[q] ?? 0;
    }
  }
  return sharp(data, { raw: { width: 32, height: 32, channels } });
}

/** Colours in the middle of the quarters, by rows. */
async function coloursOf(bytes: Uint8Array, options?: DecodeOptions): Promise<number[][]> {
  const { pixels, width, height } = await decodePicture(bytes, 4096, options);
  assert.equal(pixels.length, 3 * width * height);
  return [0.25, 0.75].flatMap((v) =>
    [0.25, 0.75].map((u) => {
      const at = 3 * (Math.floor(v * height) * width + Math.floor(u * width));
      return [...pixels.subarray(at, at + 3)];
    }),
  );
}

async function assertColours(bytes: Uint8Array, wanted: readonly Rgb[], tolerance = 0): Promise<void> {
  const got = await coloursOf(bytes);
  const worst = Math.max(...got.flat().map((value, i) => Math.abs(value - (wanted.flat()[i] ?? Number.NaN))));
  assert.ok(worst <= tolerance, `${JSON.stringify(got)}, not ${JSON.stringify(wanted)}`);
}

const ALL = [RED, GREEN, BLUE, DARK];

async function assertRefused(bytes: Uint8Array, reason: RegExp, options?: DecodeOptions): Promise<void> {
  await assert.rejects(decodePicture(bytes, 64, options), (error) => {
    assert.ok(error instanceof PictureError, String(error));
    assert.match(error.message, reason);
    return true;
  });
}

/** A PNG from its pieces: what sharp would not write. */
function png(
  width: number,
  height: number,
  bits: number,
  type: number,
  rows: Uint8Array,
  extra: Buffer[] = [],
): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([bits, type], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    pngChunk('IHDR', header),
    ...extra,
    pngChunk('IDAT', deflateSync(rows)),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

function pngChunk(name: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(data.length, 0);
  chunk.set(body, 4);
  chunk.writeUInt32BE(crc32(body) >>> 0, chunk.length - 4);
  return chunk;
}

describe('JPEG', () => {
  test('in colour, progressive, and grey', async () => {
    const options = { quality: 100, chromaSubsampling: '4:4:4' };
    await assertColours(await quarters().jpeg(options).toBuffer(), ALL, 3);
    await assertColours(
      await quarters()
        .jpeg({ ...options, progressive: true })
        .toBuffer(),
      ALL,
      3,
    );
    const grey = await coloursOf(await quarters().greyscale().jpeg(options).toBuffer());
    for (const [r, g, b] of grey) assert.ok(r === g && g === b);
  });

  test('CMYK, inverted as Adobe writes it, with its marker and without', async () => {
    const inverted = await quarters().toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer();
    const [red = [], green = [], blue = [], dark = []] = await coloursOf(inverted);
    assert.ok((red[0] ?? 0) > 200 && (red[2] ?? 255) < 80, `red: ${red}`);
    assert.ok((green[1] ?? 0) > 130 && (green[2] ?? 255) < 80, `green: ${green}`);
    assert.ok((blue[2] ?? 0) > 120 && (blue[0] ?? 255) < 100, `blue: ${blue}`);
    assert.ok(Math.max(...dark) < 90, `dark: ${dark}`);
    // Without Adobe's marker: practically all are inverted, and Pillow takes all to be.
    const at = inverted.indexOf(Buffer.from('\xff\xee\0\x0eAdobe', 'latin1'));
    assert.ok(at > 0);
    const unmarked = Buffer.concat([inverted.subarray(0, at), inverted.subarray(at + 16)]);
    assert.deepEqual(await coloursOf(unmarked), [red, green, blue, dark]);
  });

  test('stands upright by its EXIF tag, all eight', async () => {
    // What is seen of red, green / blue, dark.
    const seen: readonly (readonly number[])[] = [
      [0, 1, 2, 3],
      [1, 0, 3, 2],
      [3, 2, 1, 0],
      [2, 3, 0, 1],
      [0, 2, 1, 3],
      [2, 0, 3, 1],
      [3, 1, 2, 0],
      [1, 3, 0, 2],
    ];
    for (const [i, order] of seen.entries()) {
      const jpeg = await quarters()
        .withMetadata({ orientation: i + 1 })
        .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
        .toBuffer();
      await assertColours(
        jpeg,
        order.map((q) => ALL[q] ?? DARK),
        3,
      );
    }
  });

  test('that is cut off is refused, or taken as far as it goes', async () => {
    const noise = new Uint8Array(256 * 256 * 3).map((_, i) => (i * 2654435761) >>> 24);
    const whole = await sharp(noise, { raw: { width: 256, height: 256, channels: 3 } })
      .jpeg()
      .toBuffer();
    const cut = whole.subarray(0, whole.length / 2);
    await assertRefused(cut, /premature end|corrupt|truncated/i);
    const { pixels } = await decodePicture(cut, 4096, { acceptTruncated: true });
    const good = await decodePicture(whole, 4096);
    const rows = 3 * 256 * 64;
    assert.deepEqual(pixels.subarray(0, rows), good.pixels.subarray(0, rows));
    assert.notDeepEqual(pixels, good.pixels);
    // Of a header alone nothing can be taken.
    await assertRefused(whole.subarray(0, 20), /./, { acceptTruncated: true });
  });
});

describe('PNG', () => {
  test('in colour, with a palette, grey, with 16 bits', async () => {
    await assertColours(await quarters().png().toBuffer(), ALL);
    await assertColours(await quarters().png({ palette: true, colours: 8 }).toBuffer(), ALL, 2);
    // 2 x 2 px of 16 bits: the higher byte counts.
    const rows = [0, 0x12, 0xff, 0x80, 0x00, 0, 0xff, 0xff, 0x00, 0xff];
    const grey = [0x12, 0x80, 0xff, 0x00].map((v) => [v, v, v] as const);
    await assertColours(png(2, 2, 16, 0, Uint8Array.from(rows)), grey);
    const colour = [0, 1, 99, 2, 99, 3, 99, 4, 0, 5, 0, 6, 0, 0, 7, 0, 8, 0, 9, 0, 10, 0, 11, 0, 12, 0];
    await assertColours(png(2, 2, 16, 2, Uint8Array.from(colour)), [
      [1, 2, 3],
      [4, 5, 6],
      [7, 8, 9],
      [10, 11, 12],
    ]);
    // One bit a pixel.
    const black: Rgb = [0, 0, 0];
    const white: Rgb = [255, 255, 255];
    await assertColours(png(2, 2, 1, 0, Uint8Array.from([0, 0x80, 0, 0x40])), [white, black, black, white]);
  });

  test('alpha is left out, as Pillow does, also where it is reduced', async () => {
    await assertColours(await quarters([255, 128, 0, 1]).png().toBuffer(), ALL);
    const small = await decodePicture(await quarters([255, 128, 0, 1]).png().toBuffer(), 2);
    assert.deepEqual(
      [...small.pixels.subarray(6, 9)].map((v) => Math.round(v / 64)),
      [0, 0, 4],
    );
    // Grey and alpha; a palette whose second colour is transparent.
    const grey = await coloursOf(png(2, 2, 8, 4, Uint8Array.from([0, 10, 255, 20, 0, 0, 30, 128, 40, 7])));
    assert.deepEqual(
      grey,
      [10, 20, 30, 40].map((v) => [v, v, v]),
    );
    const palette = [
      pngChunk('PLTE', Uint8Array.from([...RED, ...GREEN])),
      pngChunk('tRNS', Uint8Array.from([255, 0])),
    ];
    const indexed = png(2, 2, 8, 3, Uint8Array.from([0, 0, 1, 0, 1, 0]), palette);
    await assertColours(indexed, [RED, GREEN, GREEN, RED]);
  });

  test('that is damaged or cut off', async () => {
    const noise = new Uint8Array(64 * 64 * 3).map((_, i) => (i * 2654435761) >>> 24);
    const whole = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
      .png()
      .toBuffer();
    await assertRefused(whole.subarray(0, whole.length / 2), /./);
    const flipped = Buffer.from(whole);
    flipped.fill(0xff, 2000, 2040);
    await assertRefused(flipped, /./);
  });
});

test('WebP, GIF, TIFF, AVIF; of several frames the first', async () => {
  await assertColours(await quarters().webp({ lossless: true }).toBuffer(), ALL);
  await assertColours(await quarters().gif().toBuffer(), ALL, 2);
  for (const compression of ['none', 'lzw', 'deflate'] as const) {
    await assertColours(await quarters().tiff({ compression }).toBuffer(), ALL);
  }
  await assertColours(await quarters().avif({ lossless: true }).toBuffer(), ALL, 3);
  const frames = Buffer.concat([await quarters().raw().toBuffer(), await quarters().flop().raw().toBuffer()]);
  const animation = sharp(frames, { raw: { width: 32, height: 64, channels: 3, pageHeight: 32 } });
  await assertColours(await animation.clone().gif().toBuffer(), ALL, 2);
  await assertColours(await animation.clone().webp({ lossless: true }).toBuffer(), ALL);
});

/** A bitmap of 2 x 2 px: rows from the bottom, each filled up to 4 bytes. */
function bmp(
  bits: number,
  rows: readonly number[],
  {
    palette = [],
    compression = 0,
    height = 2,
    header = 40,
  }: {
    readonly palette?: readonly number[];
    readonly compression?: number;
    readonly height?: number;
    readonly header?: number;
  } = {},
): Buffer {
  const start = 14 + header + palette.length;
  const bytes = Buffer.alloc(start + rows.length);
  bytes.write('BM', 'latin1');
  bytes.writeUInt32LE(bytes.length, 2);
  bytes.writeUInt32LE(start, 10);
  bytes.writeUInt32LE(header, 14);
  if (header === 12) {
    bytes.writeUInt16LE(2, 18);
    bytes.writeUInt16LE(height, 20);
    bytes.writeUInt16LE(1, 22);
    bytes.writeUInt16LE(bits, 24);
  } else {
    bytes.writeInt32LE(2, 18);
    bytes.writeInt32LE(height, 22);
    bytes.writeUInt16LE(1, 26);
    bytes.writeUInt16LE(bits, 28);
    bytes.writeUInt32LE(compression, 30);
  }
  bytes.set(palette, 14 + header);
  bytes.set(rows, start);
  return bytes;
}

describe('BMP', () => {
  // Blue first.
  const rows24 = [255, 0, 0, 60, 40, 20, 0, 0, 0, 0, 255, 0, 255, 0, 0, 0];
  const colours = [0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0, 0, 60, 40, 20, 0];

  test('with 1 to 32 bits a pixel, from the bottom and from the top', async () => {
    await assertColours(bmp(24, rows24), ALL);
    await assertColours(bmp(24, rows24, { header: 12 }), ALL);
    await assertColours(bmp(24, [...rows24.slice(8), ...rows24.slice(0, 8)], { height: -2 }), ALL);
    const rows32 = [255, 0, 0, 9, 60, 40, 20, 0, 0, 0, 255, 0, 0, 255, 0, 77];
    await assertColours(bmp(32, rows32), ALL);
    await assertColours(bmp(8, [2, 3, 0, 0, 0, 1, 0, 0], { palette: padded(colours, 1024) }), ALL);
    await assertColours(bmp(4, [0x23, 0, 0, 0, 0x01, 0, 0, 0], { palette: padded(colours, 64) }), ALL);
    const two = [0, 0, 255, 0, 0, 255, 0, 0];
    await assertColours(bmp(1, [0x40, 0, 0, 0, 0x80, 0, 0, 0], { palette: two }), [GREEN, RED, RED, GREEN]);
    // Five bits each: 31 is 255.
    const rows16 = [0x1f, 0, 0xe0, 0x03, 0, 0x7c, 0xff, 0x7f];
    await assertColours(bmp(16, rows16), [RED, [255, 255, 255], BLUE, GREEN]);
    // Masks: five, six and five bits.
    const masks = [0, 0xf8, 0, 0, 0xe0, 0x07, 0, 0, 0x1f, 0, 0, 0];
    const rows565 = [0x1f, 0, 0xe0, 0x07, 0, 0xf8, 0, 0];
    await assertColours(bmp(16, rows565, { palette: masks, compression: 3 }), [RED, [0, 0, 0], BLUE, GREEN]);
  });

  test('that is compressed, cut off or nonsense', async () => {
    await assertRefused(
      bmp(8, [0, 0], { compression: 1 }),
      /compressed BMP files cannot be decoded; convert it to PNG/,
    );
    await assertRefused(bmp(24, rows24.slice(0, 9)), /cut off/);
    const [, , blue, dark] = await coloursOf(bmp(24, rows24.slice(0, 9)), { acceptTruncated: true });
    assert.deepEqual([blue, dark], [BLUE, DARK]);
    await assertRefused(bmp(24, rows24).subarray(0, 30), /cut off/);
    await assertRefused(bmp(24, rows24, { height: 0 }), /2 x 0 pixels/);
    await assertRefused(bmp(5, rows24), /5 bits a pixel/);
    await assertRefused(bmp(8, []), /cut off/);
    await assertRefused(bmp(24, rows24, { height: 1 << 30 }), /more than 178956970 pixels/);
  });

  test('is reduced, and its size is told', async () => {
    const { width, height } = await decodePicture(bmp(24, rows24), 1);
    assert.deepEqual([width, height], [1, 1]);
    await writeFile(join(root, 'x.bmp'), bmp(24, rows24, { height: -2 }));
    const size = await pictureSize(join(root, 'x.bmp'));
    assert.deepEqual([size.width, size.height], [2, 2]);
  });
});

function padded(values: readonly number[], length: number): number[] {
  return [...values, ...new Array<number>(length - values.length).fill(0)];
}

test('more pixels than allowed are refused before they are decoded', async () => {
  // 30,000 x 30,000 px that are 100 kB of zeros.
  const bomb = png(30_000, 30_000, 1, 0, new Uint8Array(1000));
  await assertRefused(bomb, /more than 178956970 pixels; raise maxPixels/);
  for (const bytes of [await quarters().png().toBuffer(), await quarters().jpeg().toBuffer()]) {
    await assertRefused(bytes, /more than 1000 pixels; raise maxPixels/, { maxPixels: 1000 });
    assert.equal((await decodePicture(bytes, 64, { maxPixels: 1024 })).width, 32);
  }
});

test('the content tells what a file is, not its name', async () => {
  await writeFile(join(root, 'jpeg.png'), await quarters().jpeg().toBuffer());
  await writeFile(join(root, 'png.heic'), await quarters().png().toBuffer());
  assert.equal((await decodePicture(join(root, 'jpeg.png'), 64)).width, 32);
  assert.equal((await decodePicture(join(root, 'png.heic'), 64)).width, 32);
  assert.equal((await pictureSize(join(root, 'png.heic'))).width, 32);
  assert.equal(pictureKind(await quarters().avif().toBuffer()), 'avif');
});

test('what cannot be decoded says what it is', async () => {
  const box = (brand: string) => Buffer.from(`\0\0\0\x18ftyp${brand}\0\0\0\0mif1${brand}`, 'latin1');
  for (const [bytes, reason] of [
    [box('heic'), /HEIC pictures need a decoder of HEVC.*convert it to JPEG \(macOS: sips/],
    [Buffer.from('\0\0\0\x0cJXL \r\n\x87\n', 'latin1'), /JPEG XL files cannot/],
    [Buffer.from('\0\0\0\x0cjP  \r\n\x87\n', 'latin1'), /JPEG 2000 files cannot/],
    [Buffer.from('8BPS\0\x01'), /Photoshop files cannot/],
    [Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), /SVG files cannot/],
    [Buffer.from('%PDF-1.7'), /PDF files cannot/],
    [Buffer.from('words'), /not a picture/],
    [Buffer.alloc(0), /not a picture/],
    [Buffer.from([0xff, 0xd8, 0xff, 0xe0]), /./],
  ] as const) {
    await assertRefused(bytes, reason);
  }
});
