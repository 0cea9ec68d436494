import assert from 'node:assert/strict';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, test } from 'node:test';
import { UserError } from '../../core/errors.js';
import type { DataBunch, SplitName } from '../batch.js';
import { imagenetStats } from '../stats.js';
import { getTransforms } from '../transforms.js';
import { ImageDataBunch } from './image-data-bunch.js';
import { ImageList } from './image-list.js';
import type { LabelLists } from './label-lists.js';
import { writeFiles } from './testing/picture-files.js';

const root = await mkdtemp(join(tmpdir(), 'onecycle-block-'));
after(() => rm(root, { recursive: true }));

const options = { size: 16, bs: 4, cacheFolder: join(root, 'cache'), prepare: false } as const;

/** Five pictures of each class in train, two in valid, one in test. */
const folders = await writeFiles(
  join(root, 'folders'),
  Object.fromEntries(
    ['cat', 'dog'].flatMap((c, k) =>
      [
        ['train', 5],
        ['valid', 2],
        ['test', 1],
      ].flatMap(([split, n]) =>
        Array.from({ length: Number(n) }, (_, i) => [`${split}/${c}/${c}_${i}.jpg`, 10 * k + i]),
      ),
    ),
  ),
);

/** Twelve pictures of four patients, with a table. */
const RECORDS = Array.from({ length: 12 }, (_, i) => ({
  name: `p${i % 4}_${String(i).padStart(2, '0')}`,
  kind: ['sick', 'well', 'well'][i % 3] ?? '',
  tags: ['red;round', 'red', ''][i % 3] ?? '',
  age: i + 0.5,
  size: 2 * i,
  red: i % 2,
  round: i % 3 === 0 ? 'true' : 'false',
  valid: i >= 9,
}));
const table = await writeFiles(
  join(root, 'table'),
  Object.fromEntries(RECORDS.map(({ name }, i) => [`images/${name}.jpg`, 50 + i])),
);
const HEADER = Object.keys(RECORDS[0] ?? {});
const csvOf = (delimiter: string) =>
  [HEADER, ...RECORDS.map((record) => Object.values(record).map((cell) => `"${cell}"`))]
    .map((cells) => `${cells.join(delimiter)}\r\n`)
    .join('');
await writeFile(join(table, 'labels.csv'), `\uFEFF${csvOf(',')}`);
await writeFile(join(table, 'semicolons.csv'), csvOf(';').replaceAll('"red;round"', '"red;round"'));
const names = RECORDS.map(({ name }) => `images/${name}.jpg`);
const kinds = RECORDS.map(({ kind }) => kind);
const inTable = { folder: 'images', suffix: '.jpg' } as const;

/** A split's pictures with their labels, as text: `name class`, `name class+class`, `name 1.5,2`. */
function shown(data: DataBunch, path: string, split: SplitName): string[] {
  const labels = data.labels(split);
  const targets = data.targets(split);
  const width = data.classes.length;
  return Array.from({ length: data.length(split) }, (_, i) => {
    const file = relative(path, data.file(split, i)).replaceAll('\\', '/');
    const row = [...targets.subarray(i * width, (i + 1) * width)];
    const label = {
      'single-label': () => data.classes[labels[i] ?? -1] ?? '?',
      'multi-label': () => data.classes.filter((_, c) => row[c] === 1).join('+'),
      regression: () => row.join(),
    }[data.task]();
    return `${file} ${label}`;
  });
}

async function withData(made: Promise<ImageDataBunch>, use: (data: ImageDataBunch) => void | Promise<void>) {
  const data = await made;
  try {
    await use(data);
  } finally {
    await data.close();
  }
}

const fromRoot = () => ImageList.fromFolder(folders);
const fromTrain = () => ImageList.fromFolder(join(folders, 'train'));
const fromTable = () => ImageList.fromCsv(table, 'labels.csv', inTable);

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

test('nothing is read before databunch', async () => {
  const nowhere = join(root, 'nowhere');
  const block = ImageList.fromFolder(nowhere).splitByRandPct().labelFromFolder().addTestFolder().transform();
  await assert.rejects(block.databunch(options), /There is no folder or archive .*nowhere/);
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

test('a picture in two splits is an error, links and all', async () => {
  const path = await writeFiles(join(root, 'twice'), {
    'train/a/1.jpg': 1,
    'train/b/1.jpg': 2,
    'valid/a/2.jpg': 3,
    'valid/b/2.jpg': 4,
  });
  await symlink(join(path, 'train', 'a', '1.jpg'), join(path, 'valid', 'a', 'link.jpg'));
  const told = /link\.jpg is in the valid split and in the train split, as .*1\.jpg/;
  await assert.rejects(ImageDataBunch.fromFolder(path, options), told);
  await assert.rejects(ImageList.fromFolder(path).splitByFolder().labelFromFolder().databunch(options), told);
  await rm(join(path, 'valid', 'a', 'link.jpg'));
  await symlink(join(path, 'train', 'a'), join(path, 'valid', 'a', 'linked'));
  await assert.rejects(ImageDataBunch.fromFolder(path, options), /linked.*1\.jpg is in the valid split/);
  const block = fromRoot().splitByFolder().labelFromFolder();
  await assert.rejects(block.addTestFolder('train').databunch(options), /is in the test split and in the train split/);
});

test('what is no good is told, with its line', async () => {
  await writeFiles(table, {
    'lost.csv': 'name,kind\nimages/p0_00.jpg,a\nimages/nowhere.jpg,b\nimages/other.jpg,b\n',
    'twice.csv': 'name,kind\nimages/p0_00.jpg,a\nimages/p1_01.jpg,b\n./images/p0_00.jpg,b\n',
    'unlabelled.csv': 'name,kind\nimages/p0_00.jpg,a\nimages/p1_01.jpg,\n',
    'nan.csv': 'name,age\nimages/p0_00.jpg,1\nimages/p1_01.jpg,NaN\n',
    'words.csv': 'name,age\nimages/p0_00.jpg,1\nimages/p1_01.jpg,old\n',
    'nameless.csv': 'name,kind\nimages/p0_00.jpg,a\n,b\n',
    'ragged.csv': 'name,kind\nimages/p0_00.jpg,a\nimages/p1_01.jpg\n',
    'open.csv': 'name,kind\n"images/p0_00.jpg,a\n',
    'columns.csv': 'name,name\nimages/p0_00.jpg,a\n',
    'empty.csv': '',
    'header.csv': 'name,kind\n',
    'split.csv': 'name,kind,valid\nimages/p0_00.jpg,a,maybe\n',
    'none.csv': 'name,kind,valid\nimages/p0_00.jpg,a,0\nimages/p1_01.jpg,b,0\n',
    'new.csv': 'name,kind,valid\nimages/p0_00.jpg,a,0\nimages/p1_01.jpg,b,0\nimages/p2_02.jpg,c,1\n',
    'one.csv': 'name,kind\nimages/p0_00.jpg,a\nimages/p1_01.jpg,a\n',
    'names.txt': 'cat_0.jpg\ncat_77.jpg\n',
    'blank.txt': '\n\n',
  });
  const csv = (csvLabels: string, more = {}) =>
    ImageDataBunch.fromCsv(table, { ...options, csvLabels, validPct: 0.5, ...more });
  const split = (block: LabelLists) => block.databunch(options);
  const random = () => fromTrain().splitByRandPct();
  const two = ImageList.fromList(folders, ['train/cat/cat_1.jpg', 'train/dog/dog_2.jpg']).splitNone();
  const cases: [() => Promise<unknown>, RegExp][] = [
    [() => csv('nowhere.csv'), /There is no file .*nowhere\.csv/],
    [() => csv('images'), /images is not a file/],
    [() => csv('lost.csv'), /lost\.csv, line 3 \(.*nowhere\.jpg\): there is no such file, nor are 1 others/],
    [() => csv('twice.csv'), /twice\.csv, line 4 .* is the same picture as .*line 2/],
    [() => csv('unlabelled.csv'), /The label of .*unlabelled\.csv, line 3 .* is empty/],
    [() => csv('nan.csv', { regression: true }), /nan\.csv, line 3 .* must be a number, not "NaN"/],
    [() => csv('words.csv', { regression: true }), /words\.csv, line 3 .* must be a number, not "old"/],
    [() => csv('nameless.csv'), /nameless\.csv, line 3 .*: the name of the file is missing/],
    [() => csv('ragged.csv'), /ragged\.csv, line 3 is no CSV/],
    [() => csv('open.csv'), /open\.csv, line \d+ is no CSV/],
    [() => csv('columns.csv'), /two columns with the name "name"/],
    [() => csv('empty.csv'), /empty\.csv holds no rows/],
    [() => csv('header.csv'), /header\.csv holds no rows/],
    [() => csv('one.csv'), /are of one class only \("a"\)/],
    [() => csv('split.csv', { validCol: 'valid' }), /split\.csv, line 2 .*must say true or false .*not "maybe"/],
    [() => csv('none.csv', { validCol: 'valid' }), /No pictures .* come into the validation split/],
    [
      () => csv('new.csv', { validCol: 'valid' }),
      /new\.csv, line 4 .* has the label "c", which is not among the classes/,
    ],
    [
      () => csv('labels.csv', { ...inTable, fnCol: 'file' }),
      /labels\.csv: there is no column "file"; the columns are "name", "kind"/,
    ],
    [() => csv('labels.csv', { ...inTable, labelCol: 9 }), /there is no column 9/],
    [
      () => csv('labels.csv', { ...inTable, labelCol: ['age', 'size'], labelDelim: ';' }),
      /a delimiter of labels goes with one column/,
    ],
    [() => csv('labels.csv', { ...inTable, labelCol: ['age', 'red'] }), /the column "age" must say 0 or 1, not "0\.5"/],
    [() => csv('labels.csv', { ...inTable, labelDelim: '' }), /labelDelim\) must not be empty/],
    [
      () => csv('labels.csv', { ...inTable, labelCol: 'tags', labelDelim: ';', limitPerClass: 2 }),
      /a limit for each class needs/,
    ],
    [
      () => csv('labels.csv', { ...inTable, labelCol: 'age', regression: true, stratify: true }),
      /stratify: true needs classes/,
    ],
    [() => ImageDataBunch.fromDf(table, [], options), /there are no records/],
    [() => ImageDataBunch.fromDf(table, [{ name: 'gone' }], options), /the records, record 0 .*no such file/],
    [() => ImageDataBunch.fromLists(table, names, ['a'], options), /there are 1 labels for 12 pictures/],
    [
      () => ImageDataBunch.fromLists(table, [...names, names[0] ?? ''], [...kinds, 'a'], options),
      /is the same picture as/,
    ],
    [
      () => ImageDataBunch.fromNameRe(table, names, /(z\d)/, options),
      /has no label: .* does not match "images\/p0_00\.jpg"/,
    ],
    [
      () => split(fromTable().splitByRandPct(0.2, { group: /(z)/ }).labelFromColumn()),
      /has no group: .* does not match/,
    ],
    [
      () =>
        split(
          fromTrain()
            .splitByRandPct(0.2, { group: { column: 'patient' } })
            .labelFromFolder(),
        ),
      /come from no table.*no column "patient"/,
    ],
    [
      () => split(fromTrain().splitByRandPct(0.01).labelFromFolder()),
      /No pictures .*\(10\) come into the validation split/,
    ],
    [
      () => split(fromTrain().splitByFolder().labelFromFolder()),
      /no pictures in a folder "train"; there are some in "cat", "dog"/,
    ],
    [
      () => split(fromTrain().splitByIdx([10]).labelFromFolder()),
      /a position in the list must be a whole number from 0 to 9, not 10/,
    ],
    [() => split(fromTrain().splitByIdxs([1], [1]).labelFromFolder()), /position 1 is in both splits/],
    [
      () => split(fromTrain().splitByFiles(['cat_9.jpg']).labelFromFolder()),
      /names "cat_9\.jpg", not among the pictures/,
    ],
    [
      () => split(fromTrain().splitByFnameFile(join(table, 'names.txt')).labelFromFolder()),
      /names\.txt names "cat_77\.jpg"/,
    ],
    [
      () => split(fromTrain().splitByFnameFile(join(table, 'blank.txt')).labelFromFolder()),
      /blank\.txt names no files/,
    ],
    [() => split(fromTrain().splitByFnameFile(join(table, 'nowhere.txt')).labelFromFolder()), /There is no file/],
    [
      () =>
        split(
          fromTrain()
            .splitByValidFunc(() => true)
            .labelFromFolder(),
        ),
      /are left to train on/,
    ],
    [() => split(random().labelFromList(['a'])), /there are 1 labels for 10 pictures/],
    [() => split(random().labelFromColumn('kind')), /come from no table/],
    [() => split(two.labelFromList([1, Number.NaN], { regression: true })), /dog_2\.jpg must be a number, not null/],
    [() => split(two.labelFromList([1, Number.NaN])), /dog_2\.jpg is NaN, no class/],
    [() => split(two.labelFromList([[1], [2, 3]], { regression: true })), /dog_2\.jpg has 2 numbers, not 1/],
    [() => split(two.labelFromList([['a'], 'b'])), /dog_2\.jpg is no array/],
    [() => split(two.labelFromList([[], []])), /No training picture .* has a label/],
    [
      () => split(two.labelFromFolder({ classes: ['cat', 'cow'] })),
      /dog_2\.jpg has the label "dog", which is not among/,
    ],
    [() => split(two.labelFromFolder({ classes: ['cat', 'dog', 'cat'] })), /name one twice/],
    [() => split(ImageList.fromList(folders, ['train/cat']).splitNone().labelFromFolder()), /there is no such file/],
    [
      () =>
        split(
          ImageList.fromFolder(join(folders, 'valid', 'cat'))
            .splitNone()
            .labelFromFolder(),
        ),
      /is in no folder below/,
    ],
    [
      () => split(ImageList.fromGlob(folders, '*.png').splitNone().labelFromFolder()),
      /No pictures .* are named by "\*\.png"/,
    ],
    [
      () =>
        split(
          fromTrain()
            .filterByFunc(() => false)
            .splitNone()
            .labelFromFolder(),
        ),
      /are left after filtering/,
    ],
    [() => split(random().labelFromFolder().addTestFolder('nowhere')), /There is no folder or archive .*nowhere/],
  ];
  for (const [make, message] of cases) {
    await assert.rejects(make, (error) => {
      assert.ok(error instanceof UserError, `not a UserError: ${error}`);
      assert.match(error.message, message);
      return true;
    });
  }
  const thrown: [() => unknown, RegExp][] = [
    [() => fromTrain().splitByRandPct(1), /validPct must lie between 0 and 1/],
    [() => fromTrain().splitByRandPct(Number.NaN), /validPct must be a number/],
    [() => fromTrain().splitByRandPct(0.2, { seed: -1 }), /seed must be/],
    [() => fromTrain().splitSubsets(0.7, 0.4), /trainSize \+ validSize/],
    [() => fromTrain().filterByRand(2), /probability to keep/],
    [() => fromTrain().usePartialData(-1), /samplePct/],
    [() => random().labelFromRe('(('), /"\(\(" is not a regular expression/],
    [() => random().labelFromRe(/cat/), /has no group: put what is wanted in parentheses/],
    [() => fromRoot().splitByFolder({ train: 'a', valid: 'a' }), /must be different/],
  ];
  for (const [make, message] of thrown)
    assert.throws(make, (error) => error instanceof UserError && message.test(error.message), `${message}`);
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
