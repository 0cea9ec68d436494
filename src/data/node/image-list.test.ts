import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { SplitName } from '../batch.js';
import { ImageDataBunch } from './image-data-bunch.js';
import { ImageList } from './image-list.js';
import type { LabelLists } from './label-lists.js';
import {
  folders,
  fromRoot,
  fromTable,
  fromTrain,
  inTable,
  options,
  RECORDS,
  root,
  shown,
  table,
  withData,
} from './testing/block-set.js';

test('lists come from folders, globs, names, tables and records', async () => {
  const all = ['test', 'train', 'valid'].flatMap((split) =>
    ['cat', 'dog'].flatMap((c) =>
      Array.from({ length: { test: 1, train: 5, valid: 2 }[split] ?? 0 }, (_, i) => `${split}/${c}/${c}_${i}.jpg`),
    ),
  );
  const cases: [string, ImageList, readonly string[]][] = [
    ['folder', fromRoot(), all],
    [
      'folder alone',
      ImageList.fromFolder(join(folders, 'valid', 'cat'), { recurse: false }),
      ['cat_0.jpg', 'cat_1.jpg'],
    ],
    ['glob', ImageList.fromGlob(folders, 'valid/*/*_1.jpg'), ['valid/cat/cat_1.jpg', 'valid/dog/dog_1.jpg']],
    [
      'names',
      ImageList.fromList(folders, ['valid/dog/dog_0.jpg', 'test/cat/cat_0.jpg']),
      ['valid/dog/dog_0.jpg', 'test/cat/cat_0.jpg'],
    ],
    ['csv', fromTable(), RECORDS.map(({ name }) => `${name}.jpg`)],
    [
      'csv with semicolons',
      ImageList.fromCsv(table, 'semicolons.csv', inTable),
      RECORDS.map(({ name }) => `${name}.jpg`),
    ],
    [
      'records',
      ImageList.fromDf(table, RECORDS, { ...inTable, fnCol: 'name' }),
      RECORDS.map(({ name }) => `${name}.jpg`),
    ],
    [
      'function',
      fromRoot().filterByFunc((file) => file.includes('dog_1')),
      ['train/dog/dog_1.jpg', 'valid/dog/dog_1.jpg'],
    ],
    ['include', fromRoot().filterByFolder({ include: ['test'] }), all.slice(0, 2)],
    ['exclude', fromRoot().filterByFolder({ exclude: ['train', 'valid'] }), all.slice(0, 2)],
    ['row', fromTable().filterByFunc((_, { age }) => Number(age) < 1), ['p0_00.jpg']],
  ];
  for (const [what, list, expected] of cases) {
    const { items } = await list.read();
    assert.deepEqual(
      items.map(({ name }) => name),
      expected,
      what,
    );
  }
});

test('random filters keep about a share, the same one for the same seed', async () => {
  const count = async (list: ImageList) => (await list.read()).items.map(({ name }) => name);
  assert.equal((await count(fromRoot().usePartialData(0.25, 1))).length, 4);
  assert.equal((await count(fromRoot().usePartialData())).length, 1);
  assert.deepEqual(await count(fromRoot().filterByRand(0.5, 3)), await count(fromRoot().filterByRand(0.5, 3)));
  assert.notDeepEqual(await count(fromRoot().filterByRand(0.5, 3)), await count(fromRoot().filterByRand(0.5, 4)));
  assert.equal((await count(fromRoot().filterByRand(1))).length, 16);
});

test('each splitter puts pictures where it says', async () => {
  await writeFile(join(root, 'valid.txt'), 'cat/cat_1.jpg\r\n\ndog_3.jpg\n');
  const cases: [string, LabelLists, readonly number[], readonly string[]][] = [
    ['random', fromTrain().splitByRandPct(0.3, { seed: 1 }).labelFromFolder(), [7, 3, 0], []],
    ['stratified', fromTrain().splitByRandPct(0.2, { stratify: true }).labelFromFolder(), [8, 2, 0], []],
    ['subsets', fromTrain().splitSubsets(0.5, 0.2).labelFromFolder(), [5, 2, 0], []],
    ['all of it in subsets', fromTrain().splitSubsets(0.8, 0.2).labelFromFolder(), [8, 2, 0], []],
    ['folder', fromRoot().splitByFolder().labelFromFolder(), [10, 4, 0], ['cat_0', 'cat_1', 'dog_0', 'dog_1']],
    [
      'three folders',
      fromRoot().splitByFolder({ test: 'test' }).labelFromFolder(),
      [10, 4, 2],
      ['cat_0', 'cat_1', 'dog_0', 'dog_1'],
    ],
    ['index', fromTrain().splitByIdx([0, 9]).labelFromFolder(), [8, 2, 0], ['cat_0', 'dog_4']],
    ['indices', fromTrain().splitByIdxs([1, 7], [0]).labelFromFolder(), [2, 1, 0], ['cat_0']],
    [
      'files',
      fromTrain().splitByFiles(['cat_2.jpg', 'dog/dog_0.jpg']).labelFromFolder(),
      [8, 2, 0],
      ['cat_2', 'dog_0'],
    ],
    [
      'file of names',
      fromTrain().splitByFnameFile(join(root, 'valid.txt')).labelFromFolder(),
      [8, 2, 0],
      ['cat_1', 'dog_3'],
    ],
    [
      'function',
      fromTrain()
        .splitByValidFunc((file) => file.endsWith('_4.jpg'))
        .labelFromFolder(),
      [8, 2, 0],
      ['cat_4', 'dog_4'],
    ],
    ['none', fromTrain().splitNone().labelFromFolder(), [10, 0, 0], []],
    [
      'the usual column',
      ImageList.fromDf(
        table,
        RECORDS.map((record) => ({ ...record, is_valid: record.age < 1 })),
        inTable,
      )
        .splitFromColumn()
        .labelFromColumn(),
      [11, 1, 0],
      ['p0_00'],
    ],
    ['column', fromTable().splitFromColumn('valid').labelFromColumn('kind'), [9, 3, 0], ['p1_09', 'p2_10', 'p3_11']],
    [
      'column of records',
      ImageList.fromDf(table, RECORDS, inTable).splitFromDf('valid').labelFromDf(),
      [9, 3, 0],
      ['p1_09', 'p2_10', 'p3_11'],
    ],
  ];
  for (const [what, block, counts, valid] of cases) {
    await withData(block.databunch(options), (data) => {
      assert.deepEqual([data.length('train'), data.length('valid'), data.length('test')], counts, what);
      const files = Array.from({ length: data.length('valid') }, (_, i) => data.file('valid', i));
      if (valid.length > 0)
        assert.deepEqual(
          files.map((file) => /(\w+)\.jpg$/.exec(file)?.[1]),
          valid,
          what,
        );
      const all = (['train', 'valid', 'test'] as const).flatMap((s) =>
        Array.from({ length: data.length(s) }, (_, i) => data.file(s, i)),
      );
      assert.equal(new Set(all).size, all.length, what);
    });
  }
});

test('groups are never torn apart, and shares of classes are kept as far as they allow', async () => {
  for (const [what, group] of [
    ['pattern', /(p\d)_/],
    ['column', { column: 'patient' }],
    ['function', (file: string) => /(p\d)_/.exec(file)?.[1] ?? ''],
  ] as const) {
    const records = RECORDS.map((record) => ({ ...record, patient: record.name.slice(0, 2) }));
    for (const seed of [0, 1, 2, 3]) {
      const list = ImageList.fromDf(table, records, inTable);
      const block = list.splitByRandPct(0.25, { seed, group, stratify: true }).labelFromColumn('kind');
      await withData(block.databunch(options), (data) => {
        const patients = (split: SplitName) =>
          new Set(Array.from({ length: data.length(split) }, (_, i) => /(p\d)_/.exec(data.file(split, i))?.[1]));
        assert.deepEqual([data.length('train'), data.length('valid')], [9, 3], what);
        assert.equal(patients('valid').size, 1, what);
        assert.equal(
          [...patients('train')].some((p) => patients('valid').has(p)),
          false,
          what,
        );
        assert.equal(shown(data, table, 'valid').filter((s) => s.endsWith('sick')).length, 1, what);
      });
    }
  }
});

test('a stratified draw over class folders is the one that fromFolder makes', async () => {
  const path = join(folders, 'train');
  await withData(ImageDataBunch.fromFolder(path, { ...options, seed: 7 }), async (expected) => {
    const block = ImageList.fromFolder(path).splitByRandPct(0.2, { seed: 7, stratify: true }).labelFromFolder();
    await withData(block.databunch({ ...options, seed: 7 }), (data) => {
      for (const split of ['train', 'valid'] as const) {
        assert.deepEqual(shown(data, path, split), shown(expected, path, split));
      }
    });
  });
});

test('each labeller reads what it says', async () => {
  const one = ImageList.fromList(folders, ['train/cat/cat_1.jpg', 'train/dog/dog_2.jpg']).splitNone();
  const three = () =>
    fromTable()
      .filterByFunc((_, { age }) => Number(age) < 3)
      .splitNone();
  const cases: [string, LabelLists, string, readonly string[], readonly string[]][] = [
    ['folder', one.labelFromFolder(), 'single-label', ['cat', 'dog'], ['cat', 'dog']],
    ['given classes', one.labelFromFolder({ classes: ['dog', 'cat'] }), 'single-label', ['dog', 'cat'], ['cat', 'dog']],
    ['pattern', one.labelFromRe(/(\w+)_\d+\.jpg$/), 'single-label', ['cat', 'dog'], ['cat', 'dog']],
    ['pattern as text', one.labelFromRe('([0-9]+).jpg'), 'single-label', ['1', '2'], ['1', '2']],
    ['function', one.labelFromFunc((file) => file.length - folders.length), 'single-label', ['20'], []],
    [
      'function with several',
      one.labelFromFunc((file) => (file.includes('cat') ? ['pet', 'small'] : ['pet'])),
      'multi-label',
      ['pet', 'small'],
      ['pet+small', 'pet'],
    ],
    ['list', one.labelFromList([3, 4]), 'single-label', ['3', '4'], ['3', '4']],
    ['list of numbers', one.labelFromList([3, 4.5], { regression: true }), 'regression', ['value'], ['3', '4.5']],
    [
      'list of points',
      one.labelFromList(
        [
          [1, 2],
          [3, 4],
        ],
        { regression: true },
      ),
      'regression',
      ['value 1', 'value 2'],
      ['1,2', '3,4'],
    ],
    ['column', three().labelFromColumn('kind'), 'single-label', ['sick', 'well'], ['sick', 'well', 'well']],
    ['number of a column', three().labelFromColumn(), 'single-label', ['sick', 'well'], ['sick', 'well', 'well']],
    [
      'delimiter',
      three().labelFromColumn('tags', { labelDelim: ';' }),
      'multi-label',
      ['red', 'round'],
      ['red+round', 'red', ''],
    ],
    [
      'columns of 0 and 1',
      three().labelFromColumn(['red', 'round']),
      'multi-label',
      ['red', 'round'],
      ['round', 'red', ''],
    ],
    ['number', three().labelFromColumn('age', { regression: true }), 'regression', ['age'], ['0.5', '1.5', '2.5']],
    [
      'numbers',
      three().labelFromColumn(['age', 'size'], { regression: true }),
      'regression',
      ['age', 'size'],
      ['0.5,0', '1.5,2', '2.5,4'],
    ],
  ];
  for (const [what, block, task, classes, labels] of cases) {
    if (labels.length === 0) {
      await assert.rejects(block.databunch(options), /one class only/, what);
      continue;
    }
    await withData(block.databunch(options), (data) => {
      assert.equal(data.task, task, what);
      assert.deepEqual(data.classes, classes, what);
      assert.deepEqual(
        shown(data, root, 'train').map((s) => s.slice(s.indexOf(' ') + 1)),
        labels,
        what,
      );
      assert.equal(data.isLabelled('train'), true, what);
    });
  }
});

test('steps in a wrong order do not compile', () => {
  const wrong = () => {
    // @ts-expect-error labels come after the split
    fromTrain().labelFromFolder();
    // @ts-expect-error pictures are labelled before they become batches
    fromTrain().splitNone().databunch();
    // @ts-expect-error filters come before the split
    fromTrain().splitNone().filterByRand(1);
    // @ts-expect-error transforms come after the labels
    fromTrain().splitNone().transform();
  };
  assert.equal(typeof wrong, 'function');
});
