import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import sharp, { type Sharp } from 'sharp';
import { UserError } from '../../core/errors.js';
import { rotate } from '../augment/geometric.js';
import { byCodePoint } from '../code-points.js';
import { BaseCache } from './base-cache.js';
import { decodePicture } from './decode.js';
import { type LoadImageOptions, loadImage } from './load-image.js';
import { sizeFor } from './probe-size.js';
import { readPixels } from './read-pixels.js';
import { generateSampleSet, SAMPLE_CLASSES } from './sample-set.js';
import type { StoredPicture } from './stored-picture.js';

const root = await mkdtemp(join(tmpdir(), 'onecycle-pictures-'));
after(() => rm(root, { recursive: true }));

type Colour = { r: number; g: number; b: number; alpha?: number };

function flat(width: number, height: number, background: Colour): Sharp {
  return sharp({ create: { width, height, channels: background.alpha === undefined ? 3 : 4, background } });
}

test('a long short side gets the size, the long side keeps the shape; small pictures stay small', async () => {
  for (const [width, height, size, expected] of [
    [100, 50, 20, [40, 20]],
    [50, 100, 20, [20, 40]],
    [10, 15, 32, [10, 15]],
    [33, 20, 20, [33, 20]],
  ] as const) {
    const decoded = await decodePicture(await flat(width, height, { r: 1, g: 2, b: 3 }).png().toBuffer(), size);
    assert.deepEqual([decoded.width, decoded.height], expected);
    assert.equal(decoded.pixels.length, decoded.width * decoded.height * 3);
  }
  const strip = await flat(400, 4, { r: 1, g: 2, b: 3 }).png().toBuffer();
  await assert.rejects(decodePicture(strip, 8), /differ more than 16-fold/);
  assert.equal((await decodePicture(strip, 8, { resizeMethod: 'pad' })).height, 1);
  assert.equal((await decodePicture(strip, 8, { resizeMethod: 'squish' })).height, 4);
});

test('a wide picture is cropped, padded or squished, large or small', async () => {
  for (const scale of [1, 10]) {
    const [width, height] = [4 * scale, 2 * scale];
    const left = await flat(scale, height, { r: 255, g: 0, b: 0 }).png().toBuffer();
    const picture = await flat(width, height, { r: 0, g: 0, b: 255 })
      .composite([{ input: left, left: 0, top: 0 }])
      .png()
      .toBuffer();
    /** Red and blue along the middle row and the middle column, darkest and brightest. */
    const seen = async (options: LoadImageOptions): Promise<string> => {
      const planes = await loadImage(picture, 8, options);
      const colour = (at: number): string => {
        const [r = 0, b = 0] = [planes[at], planes[128 + at]];
        if (Math.max(r, b) < 50) return '.';
        return Math.min(r, b) > 50 ? '?' : r > b ? 'r' : 'b';
      };
      const row = Array.from({ length: 8 }, (_, x) => colour(4 * 8 + x)).join('');
      const column = Array.from({ length: 8 }, (_, y) => colour(8 * y + 7)).join('');
      return `${row} ${column}`;
    };
    // A quarter of the picture is red, and the middle square has none of it.
    assert.match(await seen({}), /^[b?]bbbbbbb bbbbbbbb$/);
    assert.match(await seen({ resizeMethod: 'pad', paddingMode: 'zeros' }), /^r[r?][b?]bbbbb \.\.bbbb\.\.$/);
    assert.match(await seen({ resizeMethod: 'pad' }), /^r[r?][b?]bbbbb bbbbbbbb$/);
    assert.match(await seen({ resizeMethod: 'squish' }), /^r[r?][b?]bbbbb bbbbbbbb$/);
    const turned = { resizeMethod: 'pad', paddingMode: 'zeros', transforms: [rotate({ degrees: 90 })] } as const;
    assert.match(await seen(turned), /^\.\.bbbb\.\. \.{8}$/);
  }
});

test('a file that is no picture is told by its name', async () => {
  const cut = join(root, 'cut.jpg');
  const whole = await flat(64, 64, { r: 9, g: 99, b: 199 }).jpeg().toBuffer();
  await writeFile(cut, whole.subarray(0, whole.length - 200));
  const told = (pattern: RegExp) => (error: unknown) => error instanceof UserError && pattern.test(error.message);
  await assert.rejects(loadImage(cut, 16), told(/cut\.jpg cannot be read/));
  await assert.rejects(loadImage(join(root, 'none.jpg'), 16), told(/There is no file .*none\.jpg/));
  await assert.rejects(loadImage(root, 16), told(/is not a file/));
  await assert.rejects(
    loadImage(Buffer.from('text'), 16),
    told(/the given picture \(4 bytes\) cannot be read: not a picture/),
  );
  await assert.rejects(loadImage(cut, 0), told(/size/));
  await assert.rejects(loadImage(cut, 8, { paddingMode: 'mirror' as never }), told(/paddingMode must be one of zeros/));
});

function readStored({ source, start, width, height }: StoredPicture): Uint8Array {
  const bytes = new Uint8Array(width * height * 3);
  readPixels(source, start, bytes);
  return bytes;
}

test('the cache keeps to its bound and lets other sizes go', () => {
  const picture = (value: number) => ({ pixels: new Uint8Array(300).fill(value), width: 10, height: 10 });
  const cache = new BaseCache(1000);
  assert.ok(cache.put('a', 10, picture(1)));
  assert.ok(cache.put('b', 10, picture(2)));
  assert.ok(cache.put('c', 10, picture(3)));
  assert.equal(cache.put('d', 10, picture(4)), undefined);
  assert.ok(cache.bytes <= 1000);
  const b = cache.get('b', 10);
  assert.ok(b);
  assert.deepEqual(readStored(b), picture(2).pixels);
  assert.equal(cache.get('b', 12), undefined);
  assert.ok(cache.put('b', 12, picture(5)));
  assert.equal(cache.get('b', 10), undefined);
  assert.ok(cache.bytes <= 1000);
});

test('the probed size follows the median short side', () => {
  assert.equal(sizeFor([32, 32, 32]), 128);
  assert.equal(sizeFor([]), 128);
  assert.equal(sizeFor([70, 65, 5000]), 96);
  assert.equal(sizeFor([64]), 64);
  assert.equal(sizeFor([500, 400]), 224);
});

test('tiny pictures keep their size for a network that need not have them enlarged', () => {
  const own = { enlarge: false };
  assert.equal(sizeFor([32, 32], own), 32);
  assert.equal(sizeFor([28], own), 28);
  assert.equal(sizeFor([28], { ...own, step: 16 }), 32);
  assert.equal(sizeFor([5], { ...own, least: 8 }), 8);
  assert.equal(sizeFor([70], own), 96);
  assert.equal(sizeFor([500], own), 224);
});

test('names are ordered by code points', () => {
  const names = ['b', 'a10', 'a2', 'Z', 'é', '\u{1f600}', '\uff01', 'a'];
  assert.deepEqual(names.sort(byCodePoint), ['Z', 'a', 'a10', 'a2', 'b', 'é', '\uff01', '\u{1f600}']);
});

test('the sample set is the same for the same seed, and laid out by split and class', async () => {
  const [one, two, three] = ['one', 'two', 'three'].map((name) => join(root, name)) as [string, string, string];
  await generateSampleSet(one, { perClass: 3, seed: 4 });
  await generateSampleSet(two, { perClass: 3, seed: 4, classes: ['star'] });
  await generateSampleSet(three, { perClass: 3, seed: 5, classes: ['star'] });
  assert.deepEqual((await readdir(join(one, 'train'))).sort(), [...SAMPLE_CLASSES]);
  assert.deepEqual(await readdir(join(one, 'train', 'star')), ['0000.jpg', '0001.jpg']);
  assert.deepEqual(await readdir(join(one, 'valid', 'star')), ['0002.jpg']);
  const first = (dir: string): Promise<Buffer> => readFile(join(dir, 'train', 'star', '0000.jpg'));
  assert.deepEqual(await first(one), await first(two));
  assert.notDeepEqual(await first(one), await first(three));
  const { width, height } = await sharp(await first(one)).metadata();
  assert.ok(width >= 96 && width <= 160 && height >= 96 && height <= 160);
  await assert.rejects(generateSampleSet(one, { perClass: 1 }), /perClass/);
});
