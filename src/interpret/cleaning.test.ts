import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { onecycle } from '../cli/testing/command.js';
import { UserError } from '../core/errors.js';
import { generateSampleSet, ImageDataBunch, ImageList } from '../data/index.js';
import { cleaningCsv } from '../report/index.js';
import { ClassificationInterpretation, cleaningList } from './index.js';

const root = await mkdtemp(join(tmpdir(), 'onecycle-cleaning-'));
after(() => rm(root, { recursive: true }));
const pictures = join(root, 'pictures');
await generateSampleSet(pictures, { classes: ['circle', 'star'], perClass: 5, validPct: 0.4 });
const valid = (name: string) => join(pictures, 'valid', name);
const files = ['circle/0003.jpg', 'circle/0004.jpg', 'star/0003.jpg', 'star/0004.jpg'].map(valid);
const interp = new ClassificationInterpretation({
  preds: { data: Float32Array.of(0.9, 0.1, 0.03, 0.97, 0.45, 0.55, 0.6, 0.4), n: 4, classes: 2 },
  targets: Int32Array.of(0, 0, 1, 1),
  classes: ['circle', 'star'],
  files,
});

const options = { size: 32, workers: 0, cacheFolder: root, prepare: false };
async function listed(text: string, use: (data: ImageDataBunch) => void | Promise<void>): Promise<void> {
  const cleaned = join(root, 'cleaned.csv');
  await writeFile(cleaned, text);
  const data = await ImageDataBunch.fromFolder(pictures, { ...options, cleaned });
  try {
    await use(data);
  } finally {
    await data.close();
  }
}

test('candidates: doubtful labels and sure mistakes by their losses, then duplicates', () => {
  const duplicates = [[{ file: 'a.jpg', label: 'star' }, { file: 'b.jpg', label: 'star' }, { file: files[1] ?? '' }]];
  const rows = cleaningList(interp, { duplicates, action: 'suggested' });
  assert.deepEqual(
    rows.map(({ file, label, suggestion, action }) => [file, label, suggestion, action]),
    [
      [files[1], 'circle', 'star', 'relabel'],
      [files[3], 'star', 'circle', 'relabel'],
      ['b.jpg', 'star', '', 'delete'],
    ],
  );
  assert.deepEqual(
    cleaningList(interp, { k: 1 }).map(({ action }) => action),
    ['keep'],
  );
  const text = cleaningCsv(rows);
  assert.ok(text.startsWith('file,label,suggestion,action,loss,probability\n'), text);
  assert.ok(text.includes(`${files[1]},circle,star,relabel,3.5066,0.97\n`), text);
  assert.ok(text.endsWith('b.jpg,star,,delete,,\n'), text);
  assert.throws(() => cleaningList(interp, { k: 0 }), /k \(of cleaningList\)/);
  assert.throws(() => cleaningList(interp, { minProbability: 2 }), /minProbability/);
  assert.throws(() => cleaningList(interp, { action: JSON.parse('"delete"') }), /keep or suggested/);
});

test('the data leave out what is deleted and relabel what is relabelled', async () => {
  const rows = cleaningList(interp, { action: 'suggested' });
  await listed(`${cleaningCsv(rows)}train/star/0001.jpg,star,,delete,,\n`, (data) => {
    const kept = Array.from({ length: data.length('valid') }, (_, i) => [
      data.file('valid', i),
      data.classes[data.labels('valid')[i] ?? -1],
    ]);
    assert.deepEqual(kept, [
      [files[0], 'circle'],
      [files[1], 'star'],
      [files[2], 'star'],
      [files[3], 'circle'],
    ]);
    assert.equal(data.length('train'), 5);
  });
  await writeFile(join(root, 'several.csv'), 'name,tags\ntrain/star/0000.jpg,a\ntrain/star/0001.jpg,b\n');
  await writeFile(join(root, 'tags.csv'), 'file,suggestion,action\ntrain/star/0000.jpg,a;b,relabel\n');
  const several = await ImageList.fromCsv(pictures, join(root, 'several.csv'))
    .splitNone()
    .labelFromColumn('tags', { labelDelim: ' ' })
    .databunch({ ...options, cleaned: join(root, 'tags.csv') });
  assert.deepEqual([...several.targets('train')], [1, 1, 0, 1]);
  await several.close();
});

test('lists that are no good: told with their line', async () => {
  const head = 'file,suggestion,action\n';
  const cases: readonly (readonly [string, RegExp])[] = [
    ['file,action\na.jpg,keep\n', /has no column suggestion/],
    [
      `${head}train/star/0000.jpg,star,remove\n`,
      /line 2: the action must be one of keep, relabel, delete, not "remove"/,
    ],
    [`${head}train/star/9999.jpg,,delete\n`, /line 2: there is no picture train\/star\/9999\.jpg in the set/],
    [`${head}train/star/0000.jpg,square,relabel\n`, /line 2: there is no class "?square"?; there are/],
    [`${head}train/star/0000.jpg,,delete\ntrain/star/0000.jpg,,keep\n`, /line 3: .* stands in .*line 2, too/],
    [
      `${head}${['circle', 'star'].flatMap((c) => [0, 1, 2].map((i) => `train/${c}/000${i}.jpg,,delete\n`)).join('')}`,
      /no training picture is left/,
    ],
  ];
  for (const [text, message] of cases) {
    await assert.rejects(
      listed(text, () => {}),
      (error) => error instanceof UserError && message.test(error.message),
      String(message),
    );
  }
  await assert.rejects(ImageDataBunch.fromFolder(pictures, { ...options, cleaned: join(root, 'no.csv') }), /no file/);
});

test('onecycle train --cleaned', async () => {
  const run = (list: string) =>
    onecycle(['train', 'pictures', '--cleaned', list, '--out', 'run'], { cwd: root, env: { ONECYCLE_HOME: root } });
  const missing = await run('no.csv');
  assert.notEqual(missing.code, 0);
  assert.match(missing.stderr, /no\.csv/);
  await writeFile(join(root, 'bad.csv'), 'file,suggestion,action\ntrain/star/9999.jpg,,delete\n');
  const bad = await run('bad.csv');
  assert.notEqual(bad.code, 0);
  assert.match(bad.stderr, /9999\.jpg/);
});
