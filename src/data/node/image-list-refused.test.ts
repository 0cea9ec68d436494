import assert from 'node:assert/strict';
import { rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { UserError } from '../../core/errors.js';
import { ImageDataBunch } from './image-data-bunch.js';
import { ImageList } from './image-list.js';
import type { LabelLists } from './label-lists.js';
import {
  folders,
  fromRoot,
  fromTable,
  fromTrain,
  inTable,
  kinds,
  names,
  options,
  root,
  table,
} from './testing/block-set.js';
import { writeFiles } from './testing/picture-files.js';

test('nothing is read before databunch', async () => {
  const nowhere = join(root, 'nowhere');
  const block = ImageList.fromFolder(nowhere).splitByRandPct().labelFromFolder().addTestFolder().transform();
  await assert.rejects(block.databunch(options), /There is no folder or archive .*nowhere/);
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
