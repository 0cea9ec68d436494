import assert from 'node:assert/strict';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { UserError } from '../core/errors.js';
import { generateSampleSet, ImageList } from '../data/index.js';
import { checkData, type DataReport } from './index.js';

const root = await mkdtemp(join(tmpdir(), 'onecycle-labelled-'));
after(() => rm(root, { recursive: true }));
const folder = join(root, 'flat');
await generateSampleSet(join(root, 'drawn'), { classes: ['dots', 'star'], perClass: 4, validPct: 0.25 });
await mkdir(folder);
for (const name of ['dots', 'star']) {
  for (const i of [0, 1, 2])
    await copyFile(join(root, `drawn/train/${name}/000${i}.jpg`), join(folder, `${name}_${i}.jpg`));
}
await copyFile(join(folder, 'star_0.jpg'), join(folder, 'copy_0.jpg'));

const summary = ({ findings }: DataReport) =>
  findings.map(({ kind, severity, acrossSplits, files }) => [
    kind,
    severity,
    ...(acrossSplits === undefined ? [] : [acrossSplits]),
    ...files.map(({ file }) => file),
  ]);

test('metadata beside pictures labels and splits them; what it names and is not there is told', async () => {
  const lines = ['dots_0', 'dots_1', 'star_0', 'copy_0', 'gone_0'].map((name) =>
    JSON.stringify({
      file_name: `${name}.jpg`,
      label: name.split('_')[0],
      split: name === 'star_0' ? 'test' : 'train',
    }),
  );
  await writeFile(
    join(folder, 'metadata.jsonl'),
    `${lines.join('\n')}\n{"file_name":"star_1.jpg","label":"star","split":"train"}\n`,
  );
  const report = await checkData(folder);
  assert.deepEqual(report.classes, ['copy', 'dots', 'gone', 'star']);
  assert.deepEqual(report.totals, { train: 4, valid: 1 });
  assert.deepEqual(
    report.counts.map(({ label, bySplit }) => [label, bySplit.train, bySplit.valid]),
    [
      ['copy', 1, 0],
      ['dots', 2, 0],
      ['gone', 0, 0],
      ['star', 1, 1],
    ],
  );
  assert.deepEqual(summary(report).slice(0, 2), [
    ['unreadable', 'error', 'gone_0.jpg'],
    ['empty-class', 'error'],
  ]);
  assert.deepEqual(summary(report).at(-1), ['duplicate', 'error', true, 'copy_0.jpg', 'star_0.jpg']);
  await rm(join(folder, 'metadata.jsonl'));
});

test('sets of the data block: several labels count for each class, numbers for none', async () => {
  const tags = ImageList.fromFolder(folder)
    .splitByFiles(['star_2.jpg'])
    .labelFromFunc((file) => (file.includes('dots') ? ['dots', 'round'] : file.includes('star_1') ? [] : ['star']));
  const several = await checkData(await tags.read());
  assert.deepEqual(several.totals, { train: 6, valid: 1 });
  assert.deepEqual(
    several.counts.map(({ label, bySplit }) => [label, bySplit.train, bySplit.valid]),
    [
      ['dots', 3, 0],
      ['round', 3, 0],
      ['star', 2, 1],
    ],
  );
  assert.deepEqual(summary(several).slice(2), [['duplicate', 'warning', false, 'copy_0.jpg', 'star_0.jpg']]);

  const numbers = ImageList.fromFolder(folder).splitNone().labelFromRe('_(\\d)', { regression: true });
  const values = await checkData(await numbers.read());
  assert.deepEqual([values.classes, values.counts, values.balance, values.totals], [[], [], [], { all: 7 }]);
  assert.deepEqual(summary(values), [['duplicate', 'warning', false, 'copy_0.jpg', 'star_0.jpg']]);
  const [copy] = values.findings;
  assert.deepEqual([copy?.labelsDiffer, copy?.files[0]?.label], [false, '0']);
});

test('a model judges the labels that it knows', async () => {
  const set = await ImageList.fromFolder(folder).splitNone().labelFromRe('^([a-z]+)').read();
  const asked: string[] = [];
  const model = {
    classes: ['star', 'dots'],
    notes: ['it is made up'],
    probabilities: async (files: readonly string[]) => {
      asked.push(...files);
      return files.map((file) =>
        file.endsWith('star_2.jpg') ? undefined : file.endsWith('dots_0.jpg') ? [1, 0] : [0, 1],
      );
    },
  };
  const report = await checkData(set, { model });
  assert.equal(asked.length, 6);
  assert.deepEqual(report.model, { pictures: 5, agreement: 0.4, unknown: ['copy'], notes: ['it is made up'] });
  assert.deepEqual(
    report.findings
      .filter(({ kind }) => kind === 'suspicious-label')
      .map(({ files, suggested }) => [files[0]?.file, suggested]),
    [
      ['dots_0.jpg', 'star'],
      ['star_0.jpg', 'dots'],
      ['star_1.jpg', 'dots'],
    ],
  );
  const stranger = { ...model, classes: ['cat', 'eel'] };
  await assert.rejects(checkData(set, { model: stranger }), (error: unknown) => {
    return (
      error instanceof UserError &&
      /knows none of the labels .*"cat", "eel".*"copy", "dots", "star"/.test(error.message)
    );
  });
});
