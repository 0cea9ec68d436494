import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { imagenetStats } from '../stats.js';
import { getTransforms } from '../transforms.js';
import { ImageDataBunch } from './image-data-bunch.js';
import { ImageList } from './image-list.js';
import {
  folders,
  fromRoot,
  fromTable,
  fromTrain,
  inTable,
  kinds,
  names,
  options,
  RECORDS,
  root,
  shown,
  table,
  withData,
} from './testing/block-set.js';
import { writeFiles } from './testing/picture-files.js';

test('pictures without labels, and test sets with and without', async () => {
  await withData(fromTrain().splitNone().labelEmpty().databunch(options), (data) => {
    assert.deepEqual([data.length('train'), data.classes.length, data.isLabelled('train')], [10, 0, false]);
  });
  const block = fromRoot().splitByFolder().labelFromFolder();
  for (const [what, made, labels] of [
    ['folder', block.addTestFolder(), [-1, -1]],
    ['labelled folder', block.addTestFolder('test', { labelled: true }), [0, 1]],
    ['list', block.addTest(ImageList.fromGlob(folders, 'test/dog/*')), [-1]],
  ] as const) {
    await withData(made.databunch(options), (data) => {
      assert.deepEqual([...data.labels('test')], labels, what);
      assert.equal(data.isLabelled('test'), labels[0] !== -1, what);
    });
  }
});

test('batches of several labels and of numbers carry targets, those of single labels do not', async () => {
  const all = { ...options, prepare: true };
  await withData(
    ImageDataBunch.fromCsv(table, { ...all, ...inTable, labelCol: 'tags', labelDelim: ';' }),
    async (data) => {
      for await (const { n, indices, labels, targets } of data.batches('train')) {
        assert.deepEqual([labels.length, targets?.length], [0, 2 * n]);
        const whole = data.targets('train');
        indices.forEach((at, i) => {
          assert.deepEqual(targets?.slice(2 * i, 2 * i + 2), whole.slice(2 * at, 2 * at + 2));
        });
      }
    },
  );
  await withData(ImageDataBunch.fromCsv(table, { ...all, ...inTable }), async (data) => {
    for await (const { n, labels, targets } of data.batches('train')) {
      assert.deepEqual([labels.length, targets], [n, undefined]);
    }
  });
});

test('the constructors of ImageDataBunch are short forms of the block', async () => {
  const split = { ...options, validPct: 0.25, seed: 3 };
  const block = fromTable().splitByRandPct(0.25, { seed: 3 }).labelFromColumn('kind');
  const sick = (file: string) => kinds[names.findIndex((name) => file.endsWith(name))] ?? '';
  await withData(block.databunch(split), async (expected) => {
    for (const [what, made] of [
      ['fromCsv', ImageDataBunch.fromCsv(table, { ...split, ...inTable })],
      ['fromDf', ImageDataBunch.fromDf(table, RECORDS, { ...split, ...inTable, labelCol: 'kind' })],
      ['fromLists', ImageDataBunch.fromLists(table, names, kinds, split)],
      ['fromNameFunc', ImageDataBunch.fromNameFunc(table, names, sick, split)],
    ] as const) {
      await withData(made, (data) => {
        for (const s of ['train', 'valid'] as const)
          assert.deepEqual(shown(data, table, s), shown(expected, table, s), what);
      });
    }
  });
  await withData(ImageDataBunch.fromNameRe(table, names, /\/(p\d)_/, split), (data) => {
    assert.deepEqual(data.classes, ['p0', 'p1', 'p2', 'p3']);
  });
  await withData(ImageDataBunch.fromCsv(table, { ...options, ...inTable, validCol: 'valid' }), (data) => {
    assert.deepEqual([data.length('train'), data.length('valid')], [9, 3]);
  });
});

test('the same seed gives the same bytes, whatever the number of threads', async () => {
  const block = fromTable()
    .splitByRandPct(0.25, { seed: 2, group: /(p\d)_/ })
    .labelFromColumn('kind');
  const runs: Buffer[] = [];
  for (const workers of [0, 1, 3]) {
    const made = block.transform(getTransforms(), { size: 16, paddingMode: 'zeros' });
    const settings = { bs: 4, cacheFolder: join(root, 'cache'), balance: 'oversample', seed: 5, workers } as const;
    await withData(made.databunch(settings), async (data) => {
      const parts: Uint8Array[] = [];
      for await (const { images, labels, indices } of data.batches('train', { epoch: 1 })) {
        parts.push(images, new Uint8Array(labels.buffer), new Uint8Array(indices.buffer));
      }
      runs.push(Buffer.concat(parts));
    });
  }
  for (const run of runs.slice(1)) assert.ok(run.equals(runs[0] ?? Buffer.alloc(0)));
});

test('statistics are given, or those of the training pictures', async () => {
  const path = await writeFiles(join(root, 'stats'), {});
  const { default: sharp } = await import('sharp');
  for (const [i, r] of [51, 153].entries()) {
    await sharp({ create: { width: 16, height: 16, channels: 3, background: { r, g: 255 * i, b: r } } })
      .png()
      .toFile(join(path, `${i}.png`));
  }
  const block = ImageList.fromFolder(path).splitNone().labelFromList(['a', 'b']);
  const settings = { ...options, prepare: true };
  await withData(block.normalize().databunch(settings), ({ stats }) => {
    const rounded = (values: readonly number[] | undefined) => values?.map((value) => Number(value.toFixed(6)));
    assert.deepEqual(rounded(stats?.mean), [0.4, 0.5, 0.4]);
    assert.deepEqual(rounded(stats?.std), [0.2, 0.5, 0.2]);
  });
  await withData(block.normalize(imagenetStats).databunch(settings), (data) => {
    assert.equal(data.stats, imagenetStats);
    assert.throws(() => data.normalize({ mean: [0, 0, 0], std: [1, 0, 1] }), /std \(above 0\)/);
  });
  await withData(block.databunch(settings), ({ stats }) => assert.equal(stats, undefined));
});

test('a test set that is used to validate is told', async () => {
  for (const make of [
    (onNotice: (notice: string) => void) => ImageDataBunch.fromFolder(folders, { ...options, valid: 'test', onNotice }),
    (onNotice: (notice: string) => void) =>
      fromRoot()
        .splitByFolder({ valid: 'test' })
        .labelFromFolder()
        .databunch({ ...options, onNotice }),
    (onNotice: (notice: string) => void) => ImageDataBunch.fromFolder(folders, { ...options, onNotice }),
  ]) {
    const told: string[] = [];
    await withData(
      make((notice) => told.push(notice)),
      (data) => {
        assert.equal(told.length, data.length('test') === 0 ? 1 : 0);
        for (const notice of told) assert.match(notice, /the folder "test" is used for validation/);
      },
    );
  }
});
