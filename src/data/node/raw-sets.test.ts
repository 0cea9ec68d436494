import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { create } from 'tar';
import { UserError } from '../../core/errors.js';
import type { SplitName } from '../batch.js';
import { decodePicture } from './decode.js';
import { ImageDataBunch } from './image-data-bunch.js';
import type { FolderOptions } from './options.js';

const root = await mkdtemp(join(tmpdir(), 'onecycle-raw-'));
after(() => rm(root, { recursive: true }));
const OPTIONS: FolderOptions = { size: 32, cacheFolder: join(root, 'cache'), diskCacheBytes: 0, workers: 0 };

let count = 0;
async function folder(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const path = join(root, `set${count++}`);
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), content);
  }
  return path;
}

/** A row of CIFAR's: labels, then planes of red, green and blue; the pixel at (x, y) is [i, x, y]. */
function cifarRow(labels: readonly number[], i: number): number[] {
  const plane = (value: (x: number, y: number) => number) =>
    Array.from({ length: 1024 }, (_, at) => value(at % 32, at >> 5));
  return [...labels, ...plane(() => i), ...plane((x) => x), ...plane((_, y) => y)];
}

function cifar(numbers: readonly number[], labelsOf: (i: number) => number[]): Uint8Array {
  return Uint8Array.from(numbers.flatMap((i) => cifarRow(labelsOf(i), i)));
}

/** An IDX file of bytes. */
function idx(dims: readonly number[], values: readonly number[]): Buffer {
  const head = Buffer.alloc(4 + 4 * dims.length);
  head.set([0, 0, 8, dims.length]);
  dims.forEach((dim, i) => {
    head.writeUInt32BE(dim, 4 + 4 * i);
  });
  return Buffer.concat([head, Buffer.from(values)]);
}

/** `name of the class: first pixel, pixel at (1, 2)` of each picture of a split, in order. */
async function contents(bunch: ImageDataBunch, split: SplitName): Promise<string[]> {
  const labels = bunch.labels(split);
  const found = await Promise.all(
    Array.from(labels, async (label, i) => {
      const { pixels, width } = await decodePicture(bunch.file(split, i), 64);
      const at = 3 * (2 * width + 1);
      return `${bunch.classes[label]}: ${[...pixels.subarray(0, 3)]} ${[...pixels.subarray(at, at + 3)]}`;
    }),
  );
  return found.sort();
}

async function refused(path: string, pattern: RegExp): Promise<void> {
  await assert.rejects(ImageDataBunch.fromFolder(path, OPTIONS), (error) => {
    assert.ok(error instanceof UserError, String(error));
    assert.match(error.message, pattern);
    return true;
  });
}

const tenOf = (i: number): number[] => [i % 2];
const TEN = {
  'batches.meta.txt': 'airplane\nautomobile\n\n',
  'data_batch_1.bin': cifar([0, 1], tenOf),
  'data_batch_2.bin': cifar([2, 3], tenOf),
  'test_batch.bin': cifar([4, 5], tenOf),
  'readme.html': 'words',
};

test("CIFAR-10's binary version, packed as its authors do, is taken out once", async () => {
  const path = await folder(
    Object.fromEntries(Object.entries(TEN).map(([name, content]) => [join('cifar-10-batches-bin', name), content])),
  );
  const archive = join(path, 'cifar-10-binary.tar.gz');
  await create({ gzip: true, cwd: path, file: archive }, ['cifar-10-batches-bin']);
  const stages: string[] = [];
  for (const unpacks of [true, false]) {
    stages.length = 0;
    const bunch = await ImageDataBunch.fromFolder(archive, {
      ...OPTIONS,
      onProgress: ({ stage }) => stages.push(stage),
    });
    assert.deepEqual(bunch.classes, ['airplane', 'automobile']);
    assert.deepEqual(await contents(bunch, 'train'), [
      'airplane: 0,0,0 0,1,2',
      'airplane: 2,0,0 2,1,2',
      'automobile: 1,0,0 1,1,2',
      'automobile: 3,0,0 3,1,2',
    ]);
    assert.deepEqual(await contents(bunch, 'valid'), ['airplane: 4,0,0 4,1,2', 'automobile: 5,0,0 5,1,2']);
    await bunch.close();
    assert.equal(stages.includes('unpack'), unpacks);
  }
});

test('CIFAR-100 by its fine labels', async () => {
  const labelsOf = (i: number) => [0, i % 3];
  const path = await folder({
    'fine_label_names.txt': 'apple\nbear\nchair\n',
    'coarse_label_names.txt': 'things\n',
    'train.bin': cifar([0, 1, 2], labelsOf),
    'test.bin': cifar([3, 4], labelsOf),
  });
  const bunch = await ImageDataBunch.fromFolder(path, OPTIONS);
  assert.deepEqual(bunch.classes, ['apple', 'bear', 'chair']);
  assert.deepEqual(await contents(bunch, 'valid'), ['apple: 3,0,0 3,1,2', 'bear: 4,0,0 4,1,2']);
  await bunch.close();
});

test("MNIST's IDX files, packed or not", async () => {
  // Pictures of 2 x 3 px.
  const images = idx(
    [4, 3, 2],
    Array.from({ length: 24 }, (_, i) => i),
  );
  const more = idx(
    [2, 3, 2],
    Array.from({ length: 12 }, (_, i) => 100 + i),
  );
  const path = await folder({
    'train-images-idx3-ubyte.gz': gzipSync(images),
    'train-labels-idx1-ubyte.gz': gzipSync(idx([4], [7, 3, 7, 3])),
    't10k-images.idx3-ubyte': more,
    't10k-labels.idx1-ubyte': idx([2], [3, 7]),
  });
  const bunch = await ImageDataBunch.fromFolder(path, OPTIONS);
  assert.deepEqual(bunch.classes, ['3', '7']);
  assert.deepEqual(await contents(bunch, 'train'), [
    '3: 18,18,18 23,23,23',
    '3: 6,6,6 11,11,11',
    '7: 0,0,0 5,5,5',
    '7: 12,12,12 17,17,17',
  ]);
  assert.deepEqual(await contents(bunch, 'valid'), ['3: 100,100,100 105,105,105', '7: 106,106,106 111,111,111']);
  // Any program can show what is kept.
  assert.equal((await readFile(bunch.file('train', 0))).toString('latin1', 0, 2), 'BM');
  assert.ok((await stat(bunch.file('train', 0))).size < 100);
  await bunch.close();
});

test('what is damaged is told, and nothing is left', async () => {
  const labels = idx([2], [0, 1]);
  const images = idx([2, 1, 1], [5, 6]);
  for (const [files, pattern] of [
    [
      { ...TEN, 'data_batch_1.bin': TEN['data_batch_1.bin'].subarray(1) },
      /data_batch_1\.bin is cut off: its 6145 bytes/,
    ],
    [{ ...TEN, 'test_batch.bin': '' }, /test_batch\.bin is cut off/],
    [{ ...TEN, 'data_batch_2.bin': cifar([0], () => [9]) }, /data_batch_2\.bin is damaged: there is no class 9/],
    [{ 'train-images-idx3-ubyte': images }, /has no labels beside it: there is no train-labels-idx1-ubyte/],
    [
      { 'train-images-idx3-ubyte': images, 'train-labels-idx1-ubyte': idx([3], [0, 1, 0]) },
      /has 2 pictures, but .* has 3 labels/,
    ],
    [
      { 'train-images-idx3-ubyte': labels, 'train-labels-idx1-ubyte': labels },
      /is no IDX file of bytes in 3 dimensions/,
    ],
    [
      { 'train-images-idx3-ubyte': images.subarray(0, 17), 'train-labels-idx1-ubyte': labels },
      /is damaged: it has 17 bytes/,
    ],
    [{ 'train-images-idx3-ubyte.gz': 'words', 'train-labels-idx1-ubyte': labels }, /idx3-ubyte\.gz is damaged/],
  ] as const) {
    await refused(await folder(files), pattern);
  }
  // A train.bin of something else.
  await refused(await folder({ 'train.bin': 'words' }), /holds no pictures in class folders/);
});
