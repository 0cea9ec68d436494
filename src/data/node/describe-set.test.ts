import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import sharp from 'sharp';
import type { SplitName } from '../batch.js';
import { KNOWN_SETS, type KnownSet, type KnownSetName } from '../known-sets.js';
import { describeSet } from './describe-set.js';
import { ImageDataBunch } from './image-data-bunch.js';

const root = await mkdtemp(join(tmpdir(), 'onecycle-describe-'));
after(() => rm(root, { recursive: true }));
const jpeg = await sharp({ create: { width: 4, height: 4, channels: 3, background: '#123456' } })
  .jpeg()
  .toBuffer();

/** Lays a set out as its archive does, describes it, and opens it. */
async function open(
  name: KnownSetName,
  pictures: readonly string[],
  texts: Readonly<Record<string, string>> = {},
): Promise<ImageDataBunch> {
  const folder = join(root, name);
  for (const path of pictures) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), jpeg);
  }
  for (const [path, text] of Object.entries(texts)) await writeFile(join(folder, path), text);
  const { layout }: KnownSet = KNOWN_SETS[name];
  assert.ok(layout !== undefined);
  await describeSet(folder, layout);
  return ImageDataBunch.fromFolder(folder, { size: 4, diskCacheBytes: 0, workers: 0, validPct: 0.5 });
}

function contents(bunch: ImageDataBunch, split: SplitName, name: string): string[] {
  return Array.from(bunch.labels(split), (label, i) => {
    const file = bunch.file(split, i).slice(join(root, name).length + 1);
    return `${file.replaceAll('\\', '/')}: ${bunch.classes[label]}`;
  }).sort();
}

test('pets: the breed is in the name', async () => {
  const names = ['Abyssinian_1', 'Abyssinian_2', 'american_bulldog_100', 'american_bulldog_7'];
  const bunch = await open('PETS', [...names.map((n) => `images/${n}.jpg`), 'images/mask.jpg']);
  assert.deepEqual(bunch.classes, ['Abyssinian', 'american_bulldog']);
  assert.equal(bunch.length('train') + bunch.length('valid'), 4);
  await bunch.close();
});

test('flowers: lists of names and numbers', async () => {
  const names = [1, 2, 3, 4, 5].map((i) => `jpg/image_0000${i}.jpg`);
  const list = (...numbers: number[]) => numbers.map((i) => `${names[i - 1]} ${(i % 2) + 76}\n`).join('');
  const bunch = await open('FLOWERS', names, {
    'train.txt': list(1, 2),
    'valid.txt': list(3),
    'test.txt': list(4, 5),
  });
  assert.deepEqual(contents(bunch, 'train', 'FLOWERS'), ['jpg/image_00001.jpg: 77', 'jpg/image_00002.jpg: 76']);
  assert.deepEqual(contents(bunch, 'valid', 'FLOWERS'), ['jpg/image_00003.jpg: 77']);
  assert.deepEqual(contents(bunch, 'test', 'FLOWERS'), ['jpg/image_00004.jpg: 76', 'jpg/image_00005.jpg: 77']);
  await bunch.close();
});

test('food: lists of folders and names', async () => {
  const names = ['apple_pie/1', 'apple_pie/2', 'waffles/1', 'waffles/2'];
  const bunch = await open(
    'FOOD',
    names.map((n) => `images/${n}.jpg`),
    { 'train.txt': 'apple_pie/1\nwaffles/1\n', 'test.txt': 'apple_pie/2\nwaffles/2' },
  );
  assert.deepEqual(contents(bunch, 'valid', 'FOOD'), [
    'images/apple_pie/2.jpg: apple_pie',
    'images/waffles/2.jpg: waffles',
  ]);
  await bunch.close();
});

test('CIFAR-100: the class is the inner folder, even where it is called train', async () => {
  const names = [
    'train/fish/ray/1.png',
    'train/vehicles_1/train/1.png',
    'test/fish/ray/2.png',
    'test/vehicles_1/train/2.png',
  ];
  const bunch = await open('CIFAR_100', names);
  assert.deepEqual(bunch.classes, ['ray', 'train']);
  assert.deepEqual(contents(bunch, 'train', 'CIFAR_100'), [
    'train/fish/ray/1.png: ray',
    'train/vehicles_1/train/1.png: train',
  ]);
  assert.deepEqual(contents(bunch, 'valid', 'CIFAR_100'), [
    'test/fish/ray/2.png: ray',
    'test/vehicles_1/train/2.png: train',
  ]);
  await bunch.close();
});

test('birds: class folders beside others', async () => {
  const names = [
    'images/001.Albatross/1.jpg',
    'images/001.Albatross/2.jpg',
    'images/002.Auk/1.jpg',
    'images/002.Auk/2.jpg',
  ];
  const bunch = await open('CUB_200_2011', [...names, 'parts/x.jpg'], { 'classes.txt': 'words' });
  assert.deepEqual(bunch.classes, ['001.Albatross', '002.Auk']);
  assert.equal(bunch.length('train'), 2);
  await bunch.close();
});

test('MNIST needs no description: its folders are called training and testing', async () => {
  const folder = join(root, 'mnist_png');
  for (const path of ['training/0/1', 'training/1/2', 'testing/0/3', 'testing/1/4']) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, `${path}.png`), jpeg);
  }
  const bunch = await ImageDataBunch.fromFolder(folder, { size: 4, diskCacheBytes: 0, workers: 0 });
  assert.deepEqual([bunch.length('train'), bunch.length('valid'), bunch.length('test')], [2, 2, 0]);
  await bunch.close();
});

test('a set that is laid out otherwise is left as it is', async () => {
  const folder = join(root, 'other');
  await mkdir(folder);
  for (const name of ['PETS', 'FLOWERS', 'CIFAR_100'] as const) await describeSet(folder, KNOWN_SETS[name].layout);
  assert.equal(existsSync(join(folder, 'metadata.jsonl')), false);
});
