import assert from 'node:assert/strict';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, test } from 'node:test';
import { UserError } from '../../core/errors.js';
import type { ImageBatch, PassOptions, SplitName } from '../batch.js';
import { getTransforms } from '../transforms.js';
import { ImageDataBunch } from './image-data-bunch.js';
import { loadImage } from './load-image.js';
import type { FolderOptions } from './options.js';
import { jpeg, writeFiles } from './testing/picture-files.js';

const root = await mkdtemp(join(tmpdir(), 'onecycle-bunch-'));
after(() => rm(root, { recursive: true }));

const cacheFolder = join(root, 'cache');
let made = 0;

/** A folder with the named files; a number is a picture with that seed. */
function folder(files: Record<string, number | string | Buffer>): Promise<string> {
  return writeFiles(join(root, `set${made++}`), files);
}

/** `count` pictures of each class in each split folder. */
async function pictures(folders: readonly string[], count: number): Promise<Record<string, number>> {
  return Object.fromEntries(
    folders.flatMap((f, k) => Array.from({ length: count }, (_, i) => [join(f, `${i}.jpg`), 100 * k + i])),
  );
}

async function withBunch(
  path: string,
  options: FolderOptions,
  use: (bunch: ImageDataBunch) => Promise<void>,
): Promise<void> {
  const bunch = await ImageDataBunch.fromFolder(path, { size: 16, bs: 4, cacheFolder, ...options });
  try {
    await use(bunch);
  } finally {
    await bunch.close();
  }
}

async function pass(bunch: ImageDataBunch, split: SplitName, options?: PassOptions): Promise<ImageBatch[]> {
  const batches: ImageBatch[] = [];
  for await (const batch of bunch.batches(split, options)) batches.push(batch);
  return batches;
}

async function refused(path: string, message: RegExp, options: FolderOptions = {}): Promise<void> {
  await assert.rejects(ImageDataBunch.fromFolder(path, { size: 16, cacheFolder, ...options }), (error) => {
    assert.ok(error instanceof UserError, `not a UserError: ${error}`);
    assert.match(error.message, message);
    return true;
  });
}

const standard = await folder(await pictures(['train/a', 'train/b', 'valid/a', 'valid/b', 'test/b'], 5));

test('train, valid and test folders become splits', async () => {
  await withBunch(standard, {}, async (bunch) => {
    assert.deepEqual(bunch.classes, ['a', 'b']);
    assert.deepEqual([bunch.length('train'), bunch.length('valid'), bunch.length('test')], [10, 10, 5]);
    assert.deepEqual([...bunch.labels('train')], [0, 0, 0, 0, 0, 1, 1, 1, 1, 1]);
    assert.deepEqual([...bunch.labels('test')], [1, 1, 1, 1, 1]);
    assert.equal(relative(standard, bunch.file('valid', 6)), join('valid', 'b', '1.jpg'));
    assert.throws(() => bunch.file('valid', 10), /no picture 10/);
    assert.deepEqual([bunch.batchCount('train'), bunch.batchCount('valid')], [2, 3]);
  });
  await withBunch(standard, { valid: 'test', limitPerClass: 2, validLimitPerClass: 3 }, async (bunch) => {
    assert.deepEqual([bunch.length('train'), bunch.length('valid'), bunch.length('test')], [4, 3, 0]);
    assert.equal(relative(standard, bunch.file('train', 1)), join('train', 'a', '1.jpg'));
  });
});

test('only the classes that are asked for, in their order', async () => {
  const path = await folder(await pictures(['train/a', 'train/b', 'train/c', 'valid/a', 'valid/c'], 2));
  await withBunch(path, { classes: ['c', 'a'] }, async (bunch) => {
    assert.deepEqual(bunch.classes, ['c', 'a']);
    assert.deepEqual([...bunch.labels('train'), ...bunch.labels('valid')], [0, 0, 1, 1, 0, 0, 1, 1]);
    assert.match(bunch.file('train', 0), /train.c.0\.jpg$/);
  });
  await withBunch(join(path, 'train'), { classes: ['b', 'c'], validPct: 0.5 }, async (bunch) => {
    assert.deepEqual([bunch.classes, bunch.length('train'), bunch.length('valid')], [['b', 'c'], 2, 2]);
  });
  await refused(path, /has no pictures of "d"; its classes are "a", "b", "c"/, { classes: ['a', 'd'] });
  await refused(path, /one class only \("a"\)/, { classes: ['a'] });
  await refused(path, /name one twice/, { classes: ['a', 'a'] });
});

test('a test set that is named is never validated on', async () => {
  const path = await folder(await pictures(['train/a', 'train/b', 'test/a', 'test/b'], 5));
  await withBunch(path, { test: 'test', prepare: false }, async (bunch) => {
    assert.deepEqual([bunch.length('train'), bunch.length('valid'), bunch.length('test')], [8, 2, 10]);
    assert.match(bunch.file('valid', 0), /train/);
  });
  await withBunch(standard, { test: 'valid', valid: 'test', prepare: false }, async (bunch) => {
    assert.deepEqual([bunch.length('valid'), bunch.length('test')], [5, 10]);
  });
  await refused(path, /has no folder "holdout" of classes for a test set/, { test: 'holdout' });
  await refused(path, /has no folder "test" of classes for a test set/, { test: 'test', valid: 'test' });
});

test('class folders alone, in a wrapping folder, are split by the seed', async () => {
  const files = await pictures(['wrap/z', 'wrap/B', 'wrap/a'], 10);
  const path = await folder({
    ...files,
    '__MACOSX/x': 'junk',
    '.DS_Store': 'junk',
    'wrap/z/.hidden.jpg': 'junk',
    'wrap/notes.txt': 'text',
  });
  const validFiles = async (seed: number): Promise<string[]> => {
    let names: string[] = [];
    await withBunch(path, { seed, prepare: false }, async (bunch) => {
      assert.deepEqual(bunch.classes, ['B', 'a', 'z']);
      assert.deepEqual([bunch.length('train'), bunch.length('valid')], [24, 6]);
      names = Array.from({ length: 6 }, (_, i) => bunch.file('valid', i));
      const all = new Set([...names, ...Array.from({ length: 24 }, (_, i) => bunch.file('train', i))]);
      assert.equal(all.size, 30);
    });
    return names;
  };
  assert.deepEqual(await validFiles(1), await validFiles(1));
  assert.notDeepEqual(await validFiles(1), await validFiles(2));
});

test('a folder without classes is no test split, and train alone is split', async () => {
  const path = await folder({ ...(await pictures(['train/a', 'train/b'], 5)), 'test/1.jpg': 1 });
  await withBunch(path, { prepare: false }, async (bunch) => {
    assert.deepEqual([bunch.length('train'), bunch.length('valid'), bunch.length('test')], [8, 2, 0]);
  });
});

test('loops of links end', async () => {
  const path = await folder(await pictures(['a', 'b'], 3));
  await symlink(join(path, 'a'), join(path, 'a', 'loop'));
  await symlink(join(path, 'nowhere'), join(path, 'a', 'dead.jpg'));
  await withBunch(path, { validPct: 0.34, prepare: false }, async (bunch) => {
    assert.deepEqual([bunch.length('train'), bunch.length('valid')], [4, 2]);
  });
});

test('batches are the same bytes whatever the number of threads and wherever a pass starts', async () => {
  const options = { dsTfms: getTransforms({ flipVert: true }), seed: 5 };
  const passes: [SplitName, PassOptions][] = [
    ['train', { epoch: 2 }],
    ['valid', { augmentation: { kind: 'tta', pass: 5, scale: 1.35 } }],
    ['train', { epoch: 1, size: 12 }],
  ];
  const runs: Buffer[][] = [];
  // On the disk, just decoded and from before; in memory; partly; nowhere.
  for (const [workers, cacheBytes, diskCacheBytes] of [
    [0, undefined, undefined],
    [1, undefined, undefined],
    [1, undefined, 0],
    [0, 3000, 0],
    [2, 0, 0],
  ] as const) {
    await withBunch(standard, { ...options, workers, cacheBytes, diskCacheBytes }, async (bunch) => {
      const bytes: Buffer[] = [];
      for (const [split, passOptions] of passes) {
        const whole = await pass(bunch, split, passOptions);
        bytes.push(...whole.map(({ images }) => Buffer.from(images)));
        const resumed = await pass(bunch, split, { ...passOptions, startBatch: 1 });
        assert.deepEqual(resumed, whole.slice(1));
      }
      runs.push(bytes);
    });
  }
  for (const run of runs.slice(1)) assert.deepEqual(run, runs[0]);
});

test('batches have the shapes, labels and indices of their pictures', async () => {
  await withBunch(standard, { dsTfms: getTransforms() }, async (bunch) => {
    const batches = await pass(bunch, 'train');
    assert.deepEqual(
      batches.map(({ n, images }) => [n, images.length]),
      [
        [4, 4 * 3 * 16 * 16],
        [4, 4 * 3 * 16 * 16],
      ],
    );
    const labels = bunch.labels('train');
    for (const batch of batches) {
      batch.indices.forEach((index, i) => {
        assert.equal(batch.labels[i], labels[index]);
      });
    }
    const seen = batches.flatMap(({ indices }) => [...indices]);
    assert.equal(new Set(seen).size, 8);
    assert.deepEqual(
      (await pass(bunch, 'valid')).flatMap(({ indices }) => [...indices]),
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    );
    const ordered = async (epoch: number): Promise<Uint8Array | undefined> =>
      (await pass(bunch, 'train', { epoch, shuffle: false }))[0]?.images;
    assert.notDeepEqual(await ordered(0), await ordered(1), 'every epoch is augmented the same');
    const images = batches[0]?.images;
    const kept = images?.slice();
    await pass(bunch, 'train', { epoch: 3 });
    assert.deepEqual(images, kept, 'a batch was overwritten by a later pass');
  });
});

test('without augmentation a batch holds what loadImage gives', async () => {
  const framings = [
    {},
    { resizeMethod: 'pad', paddingMode: 'zeros' },
    { resizeMethod: 'pad', paddingMode: 'border' },
    { resizeMethod: 'squish' },
  ] as const;
  const all = new Set<string>();
  for (const framing of framings) {
    await withBunch(standard, framing, async (bunch) => {
      for (const size of [16, 30]) {
        const [batch] = await pass(bunch, 'valid', { batchSize: 10, size });
        const pictureBytes = 3 * size * size;
        for (const i of [0, 7]) {
          const expected = await loadImage(bunch.file('valid', i), size, framing);
          assert.deepEqual(batch?.images.slice(i * pictureBytes, (i + 1) * pictureBytes), expected);
          all.add(Buffer.from(expected).toString('latin1'));
        }
      }
    });
  }
  assert.equal(all.size, 4 * framings.length);
});

test('leaving a pass early and closing stop the work', async () => {
  const bunch = await ImageDataBunch.fromFolder(standard, { size: 16, bs: 1, workers: 2, cacheFolder });
  for await (const batch of bunch.batches('train')) {
    assert.equal(batch.n, 1);
    break;
  }
  await bunch.close();
  await bunch.close();
  await assert.rejects(pass(bunch, 'train'), /closed/);
});

test('damaged pictures are left out and reported, or an error', async () => {
  const whole = await jpeg(1, 64, 64);
  const damaged = {
    'train/a/cut.jpg': whole.subarray(0, whole.length / 2),
    'train/a/text.jpg': 'no picture',
    'train/b/old.psd': 'BM',
  };
  const path = await folder({ ...(await pictures(['train/a', 'train/b', 'valid/a', 'valid/b'], 3)), ...damaged });
  const told: string[] = [];
  const options: FolderOptions = { onSkip: ({ file }) => told.push(relative(path, file)) };
  for (const cacheBytes of [undefined, 0]) {
    told.length = 0;
    await withBunch(path, { ...options, cacheBytes }, async (bunch) => {
      assert.equal(bunch.length('train'), 6);
      assert.deepEqual(
        told.sort(),
        Object.keys(damaged)
          .map((name) => join(name))
          .sort(),
      );
      assert.equal(bunch.skipped.length, 3);
      assert.match(bunch.skipped.find(({ file }) => file.endsWith('text.jpg'))?.reason ?? '', /not a picture/);
      assert.match(
        bunch.skipped.find(({ file }) => file.endsWith('old.psd'))?.reason ?? '',
        /PSD files cannot be decoded/,
      );
      assert.equal((await pass(bunch, 'train', { batchSize: 6 }))[0]?.n, 6);
    });
  }
  await withBunch(path, { ...options, prepare: false }, async (bunch) => {
    assert.equal(bunch.length('train'), 8);
    await bunch.prepare();
    assert.equal(bunch.length('train'), 6);
  });
  await refused(path, /old\.psd cannot be used/, { corrupt: 'error' });
  await rm(join(path, 'train/b/old.psd'));
  await refused(path, /(cut|text)\.jpg cannot be used/, { corrupt: 'error' });
});

test('a class or split of which nothing can be read is an error', async () => {
  const valid = await pictures(['valid/a', 'valid/b'], 2);
  const train = await folder({ ...valid, 'train/a/1.jpg': 1, 'train/b/1.jpg': 'text' });
  await refused(train, /None of the pictures of "b" in the train split can be read, e\.g\. .*1\.jpg/);
  const split = await folder({ 'train/a/1.jpg': 1, 'train/b/1.jpg': 2, 'valid/a/1.jpg': 'text' });
  await refused(split, /None of the pictures in the valid split/);
});

test('a picture that vanishes after it was checked is an error of the pass', async () => {
  const path = await folder(await pictures(['train/a', 'train/b', 'valid/a', 'valid/b'], 2));
  await withBunch(path, { cacheBytes: 0, diskCacheBytes: 0 }, async (bunch) => {
    await rm(join(path, 'train/b/1.jpg'));
    await assert.rejects(pass(bunch, 'train', { batchSize: 1 }), /1\.jpg was fine before and cannot be read now/);
  });
});

test('paths and layouts that are no good are told', async () => {
  await refused(join(root, 'nowhere'), /There is no folder or archive .*nowhere/);
  await refused(join(standard, 'train/a/0.jpg'), /neither a folder nor a .tgz/);
  await refused(await folder({}), /holds no pictures in class folders/);
  await refused(await folder({ '1.jpg': 1, '2.jpg': 2 }), /holds no pictures in class folders/);
  await refused(await folder({ 'a/1.jpg': 1, 'a/2.jpg': 2 }), /one class only \("a"\)/);
  await refused(
    await folder(await pictures(['train/a', 'train/b', 'valid/a', 'valid/c'], 1)),
    /has the class "c", which/,
  );
  await refused(standard, /no folder "holdout" for validation/, { valid: 'holdout' });
  await refused(await folder({ 'a/1.jpg': 1, 'b/1.jpg': 2 }), /too few pictures/);
});

test('options that are no good are told', async () => {
  for (const size of [0, -1, 1.5, Number.NaN, 5000])
    await refused(standard, /size .* must be a whole number/, { size });
  await refused(standard, /bs .* must be a whole number of at least 1, not 0/, { bs: 0 });
  await refused(standard, /valBs must be a whole number of at least 1, not 0/, { valBs: 0 });
  await refused(standard, /validPct/, { validPct: 1 });
  await refused(standard, /limitPerClass/, { limitPerClass: 0 });
  await refused(standard, /workers/, { workers: -1 });
  await refused(standard, /seed/, { seed: 0.5 });
  await refused(standard, /resizeMethod must be one of crop, pad, squish, not "fit"/, { resizeMethod: 'fit' as never });
  await refused(standard, /paddingMode must be one of zeros, border, reflection/, { paddingMode: 'none' as never });
  const train = [{ name: 'rotate', degrees: [20, 10], p: 1 }] as const;
  await refused(standard, /rotate: degrees .*not \[20,10\]/, { dsTfms: { train, valid: [] } });
  await refused(standard, /dsTfms\.valid must be a list/, { dsTfms: { train: [], valid: undefined as never } });
  await refused(standard, /diskCacheBytes/, { diskCacheBytes: -1 });
});

test('without a size, one is chosen', async () => {
  const bunch = await ImageDataBunch.fromFolder(standard, { prepare: false, cacheFolder });
  assert.equal(bunch.size, 128);
  await bunch.close();
});
