import assert from 'node:assert/strict';
import fs, {
  appendFile,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, mock, test } from 'node:test';
import sharp from 'sharp';
import { Rng } from '../../core/rng.js';
import { releasedName } from '../../runtime/node/partial.js';
import { ImageDataBunch } from './image-data-bunch.js';
import type { FolderOptions } from './options.js';

const root = await mkdtemp(join(tmpdir(), 'onecycle-disk-cache-'));
after(() => rm(root, { recursive: true }));

const SIZE = 16;
const COUNT = 12;
const PICTURE_BYTES = SIZE * SIZE * 3;
const PIXEL_BYTES = COUNT * PICTURE_BYTES;

async function writePicture(file: string, seed: number): Promise<void> {
  const rng = new Rng(seed);
  const pixels = Uint8Array.from({ length: SIZE * SIZE * 3 }, () => rng.int(256));
  await sharp(pixels, { raw: { width: SIZE, height: SIZE, channels: 3 } })
    .png()
    .toFile(file);
  // Whole seconds, so that the very same time can be set again.
  await utimes(file, seed, seed);
}

let made = 0;

function fileOf(set: string, i: number): string {
  return join(set, i < COUNT / 2 ? 'train' : 'valid', i % 2 ? 'a' : 'b', `${i}.png`);
}

/** Twelve pictures of two classes, and a cache folder of their own. */
async function pictureSet(cacheFolder?: string): Promise<{ path: string; options: FolderOptions; home: string }> {
  const path = join(root, `set${made++}`);
  for (let i = 0; i < COUNT; i++) {
    await mkdir(dirname(fileOf(path, i)), { recursive: true });
    await writePicture(fileOf(path, i), 100 * made + i);
  }
  const cache = cacheFolder ?? join(path, '.cache');
  return { path, options: { size: SIZE, bs: 3, workers: 0, cacheFolder: cache }, home: join(cache, 'pictures') };
}

interface Pass {
  readonly images: Buffer;
  readonly notices: readonly string[];
  readonly skipped: number;
}

/** All pictures of the set without augmentation, in order; without memory for them, so that what is not on the disk is decoded. */
async function readAll(path: string, options: FolderOptions, between?: () => Promise<void>): Promise<Pass> {
  const notices: string[] = [];
  const bunch = await ImageDataBunch.fromFolder(path, { cacheBytes: 0, ...options, onNotice: (n) => notices.push(n) });
  try {
    await between?.();
    const images: Uint8Array[] = [];
    for (const split of ['train', 'valid'] as const) {
      for await (const batch of bunch.batches(split, { shuffle: false, dropLast: false })) images.push(batch.images);
    }
    return { images: Buffer.concat(images), notices, skipped: bunch.skipped.length };
  } finally {
    await bunch.close();
  }
}

async function filesIn(home: string): Promise<string[]> {
  const names = await readdir(home, { recursive: true });
  return names
    .filter((name) => name.includes('.bases'))
    .map((name) => join(home, name))
    .sort();
}

/** Replaces a picture by rubbish that looks the same from outside: whoever decodes it finds out. */
async function spoil(file: string): Promise<void> {
  const { size, mtime } = await stat(file);
  await writeFile(file, Buffer.alloc(size));
  await utimes(file, mtime, mtime);
}

async function spoilAll(path: string): Promise<void> {
  for (const name of await readdir(path, { recursive: true })) {
    if (name.endsWith('.png')) await spoil(join(path, name));
  }
}

test('a later run has the pictures without decoding them', async () => {
  const { path, options, home } = await pictureSet();
  const first = await readAll(path, options);
  assert.equal(first.images.length, PIXEL_BYTES);
  assert.equal((await filesIn(home)).length, 1);
  await spoilAll(path);
  for (const workers of [0, 2]) assert.deepEqual(await readAll(path, { ...options, workers }), first);
  assert.equal((await filesIn(home)).length, 1);
  // Without the disk, or at another size, they are decoded.
  await assert.rejects(readAll(path, { ...options, diskCacheBytes: 0 }), /None of the pictures/);
  await assert.rejects(readAll(path, { ...options, size: 8 }), /None of the pictures/);
});

test('pictures that are new or have changed are decoded, the others not', async () => {
  const { path, options, home } = await pictureSet();
  const without = (images: Buffer, ...numbers: number[]): Buffer =>
    Buffer.concat(
      Array.from({ length: images.length / PICTURE_BYTES }, (_, i) =>
        numbers.includes(i) ? Buffer.of() : images.subarray(i * PICTURE_BYTES, (i + 1) * PICTURE_BYTES),
      ),
    );
  const first = await readAll(path, options);
  await spoilAll(path);
  // In order: 1, 3, 5 of class a, then 0, 00, 2, 4 of class b.
  const changed = join(path, 'train/b/0.png');
  await writePicture(changed, 1);
  await writePicture(join(path, 'train/b/00.png'), 2);
  const second = await readAll(path, options);
  assert.deepEqual(without(second.images, 3, 4), without(first.images, 3));
  assert.notDeepEqual(without(second.images, 4), first.images);
  await spoil(changed);
  assert.deepEqual(await readAll(path, options), second);
  const [oldest, newer] = await filesIn(home);
  // What is outdated for the most part goes.
  for (let i = 0; i < COUNT; i++) await writePicture(fileOf(path, i), 300 + i);
  assert.equal((await readAll(path, options)).skipped, 0);
  const left = await filesIn(home);
  assert.ok(oldest !== undefined && newer !== undefined && !left.includes(oldest) && left.includes(newer));
  assert.equal(left.length, 2);
});

test('a damaged file of decoded pictures is noticed and made again', async () => {
  const flip = async (file: string, position: number): Promise<void> => {
    const handle = await open(file, 'r+');
    const at = position < 0 ? (await handle.stat()).size + position : position;
    const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, at);
    await handle.write(Buffer.of((buffer[0] ?? 0) ^ 1), 0, 1, at);
    await handle.close();
  };
  const damages: Record<string, (file: string) => Promise<void>> = {
    'cut off': async (file) => truncate(file, (await stat(file)).size - 100),
    emptied: (file) => truncate(file, 0),
    'longer than it was': (file) => appendFile(file, 'more'),
    'a bit of its end': (file) => flip(file, -70),
    'a bit of its names': (file) => flip(file, -110),
    'a bit of its pixels': (file) => flip(file, 1000),
    'another kind of file': (file) => writeFile(file, 'x'.repeat(5000)),
  };
  for (const [what, damage] of Object.entries(damages)) {
    const { path, options, home } = await pictureSet();
    const first = await readAll(path, options);
    const [file = ''] = await filesIn(home);
    await damage(file);
    const second = await readAll(path, options);
    assert.deepEqual(second, first, what);
    assert.ok(!(await filesIn(home)).includes(file), `${what}: the damaged file is still there`);
    assert.deepEqual(await readAll(path, options), first, what);
    assert.equal((await filesIn(home)).length, 1, what);
  }
});

test('a file that is cut off while it is read is no harm', async () => {
  for (const workers of [0, 1]) {
    const { path, options, home } = await pictureSet();
    const first = await readAll(path, options);
    const cut = async (): Promise<void> => truncate((await filesIn(home))[0] ?? '', 2000);
    assert.deepEqual(await readAll(path, { ...options, workers }, cut), first);
  }
});

test('the bound on the disk is kept: first by sets not used for long, then by keeping a part', async () => {
  const cacheFolder = join(root, 'shared-cache');
  const sets = [await pictureSet(cacheFolder), await pictureSet(cacheFolder), await pictureSet(cacheFolder)];
  const home = sets[0]?.home ?? '';
  const folders = (): Promise<string[]> => readdir(home);
  // Room for the pixels of two sets with their tables, not of three.
  const diskCacheBytes = 2.5 * PIXEL_BYTES;
  for (const [i, set] of sets.entries()) {
    const { notices } = await readAll(set.path, { ...set.options, diskCacheBytes });
    assert.deepEqual(notices, []);
    const past = new Date(2000 + i, 0);
    for (const name of await folders())
      if (name.startsWith(`set${made - 3 + i}-`)) await utimes(join(home, name), past, past);
  }
  assert.deepEqual((await folders()).map((name) => name.split('-')[0]).sort(), [`set${made - 2}`, `set${made - 1}`]);
  const [, , last] = sets;
  assert.ok(last);
  await rm(home, { recursive: true });
  const whole = await readAll(last.path, { ...last.options, diskCacheBytes: 0 });
  const part = await readAll(last.path, { ...last.options, diskCacheBytes: PIXEL_BYTES / 2 });
  assert.deepEqual(part.images, whole.images);
  assert.match(part.notices.join(), /^decoded pictures are kept on the disk only in part/);
  const [file = ''] = await filesIn(home);
  const { size } = await stat(file);
  assert.ok(size > PIXEL_BYTES / 4 && size < 0.9 * PIXEL_BYTES, `${size} bytes`);
});

test('where nothing can be written, pictures are decoded, and it is said once', async () => {
  const { path, options } = await pictureSet();
  const whole = await readAll(path, { ...options, diskCacheBytes: 0 });
  const notAFolder = join(path, 'file');
  await writeFile(notAFolder, '');
  const { images, notices } = await readAll(path, { ...options, cacheFolder: notAFolder });
  assert.deepEqual(images, whole.images);
  assert.equal(notices.length, 1);
  assert.match(notices[0] ?? '', /not kept on the disk: .*ENOTDIR.*ONECYCLE_HOME/);
});

test('a disk that gets full while pictures are written is no harm, and leaves nothing', async () => {
  for (const goodWrites of [0, 5, COUNT, COUNT + 1]) {
    const { path, options, home } = await pictureSet();
    const whole = await readAll(path, { ...options, diskCacheBytes: 0 });
    let writes = 0;
    const really = fs.open;
    mock.method(fs, 'open', async (...args: Parameters<typeof fs.open>) => {
      const handle = await really(...args);
      if (args[1] !== 'wx+') return handle;
      const write = handle.write.bind(handle);
      mock.method(handle, 'write', (buffer: Uint8Array, offset: number, length: number, position: number) => {
        if (writes++ < goodWrites) return write(buffer, offset, length, position);
        return Promise.reject(Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' }));
      });
      return handle;
    });
    syncBuiltinESMExports();
    try {
      const { images, notices } = await readAll(path, options);
      assert.deepEqual(images, whole.images);
      assert.equal(notices.length, 1);
      assert.match(notices[0] ?? '', /not kept on the disk: ENOSPC/);
    } finally {
      mock.restoreAll();
      syncBuiltinESMExports();
    }
    assert.deepEqual(await filesIn(home), []);
  }
});

test('what dead processes left unfinished is removed, and many small files become one', async () => {
  const { path, options, home } = await pictureSet();
  await readAll(path, options);
  const [first = ''] = await filesIn(home);
  await writeFile(releasedName(first), 'half');
  const bytes = await readFile(first);
  for (let i = 0; i < 20; i++) await writeFile(first.replace(/[^/\\]+$/, `0${i}.bases`), bytes);
  const again = await readAll(path, options);
  assert.deepEqual(again.notices, []);
  assert.equal(again.images.length, PIXEL_BYTES);
  assert.equal((await filesIn(home)).length, 1);
});
