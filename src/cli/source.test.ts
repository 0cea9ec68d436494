import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, test } from 'node:test';
import { create } from 'tar';
import { z } from 'zod';
import { generateSampleSet } from '../data/index.js';
import { parseOptions, UsageError } from './fields.js';
import { openSource } from './open-source.js';
import { checkSource, type SourceOptions, sourceFields } from './source.js';
import { onecycle } from './testing/command.js';

const root = await mkdtemp(join(tmpdir(), 'onecycle-source-'));
after(() => rm(root, { recursive: true }));

/** Ten pictures in one folder, `a3_star.jpg` of the third day, and a table beside them. */
const flat = join(root, 'flat');
await generateSampleSet(join(root, 'drawn'), { classes: ['circle', 'star'], perClass: 5 });
await mkdir(join(flat, 'images'), { recursive: true });
const lines = ['id,shape,shapes,day,held,radius'];
for (let i = 0; i < 10; i++) {
  const shape = i < 5 ? 'circle' : 'star';
  const from = join(root, 'drawn', i % 5 < 4 ? 'train' : 'valid', shape, `000${i % 5}.jpg`);
  await rename(from, join(flat, 'images', `day${i % 5}_${shape}.jpg`));
  lines.push(`images/day${i % 5}_${shape},${shape},${shape} ${i % 2 ? 'odd' : ''},${i % 5},${i % 5 === 4},${i / 2}`);
}
await writeFile(join(flat, 'labels.csv'), lines.join('\n'));
await create({ cwd: flat, file: join(root, 'flat.tgz'), gzip: true }, ['images']);

const csv = join(flat, 'labels.csv');
const defaults = { data: flat, validPct: 0.2, seed: 0 };
const parsed = (given: Record<string, unknown>): SourceOptions => ({
  ...defaults,
  ...parseOptions(z.object(sourceFields), given),
  ...(typeof given.data === 'string' ? { data: given.data } : {}),
  ...(typeof given.valid === 'string' ? { valid: given.valid } : {}),
  ...(typeof given.test === 'string' ? { test: given.test } : {}),
});

test('options make lists, splits and labels', async () => {
  const table = { csv, suffix: '.jpg' };
  const cases: [Record<string, unknown>, string, readonly string[], readonly [number, number]][] = [
    [table, 'single-label', ['circle', 'star'], [8, 2]],
    [{ ...table, data: join(root, 'flat.tgz') }, 'single-label', ['circle', 'star'], [8, 2]],
    [{ ...table, fnCol: 'id', labelCol: 'day' }, 'single-label', ['0', '1', '2', '3', '4'], [8, 2]],
    [{ ...table, labelCol: 'shapes', labelDelim: ' ' }, 'multi-label', ['circle', 'odd', 'star'], [8, 2]],
    [{ ...table, labelCol: 'radius', regression: true }, 'regression', ['radius'], [8, 2]],
    [{ ...table, labelCol: 'radius, day', regression: true }, 'regression', ['radius', 'day'], [8, 2]],
    [{ ...table, validCol: 'held' }, 'single-label', ['circle', 'star'], [8, 2]],
    [{ ...table, groupCol: 'day', stratify: true }, 'single-label', ['circle', 'star'], [8, 2]],
    [{ labelRe: '_(\\w+)\\.jpg$', groupRe: '(day\\d)' }, 'single-label', ['circle', 'star'], [8, 2]],
    [{ groupRe: '(day\\d)', data: join(root, 'flat.tgz'), labelRe: 'images/(...)' }, 'single-label', [], [0, 0]],
  ];
  for (const [given, task, classes, counts] of cases) {
    const options = parsed(given);
    checkSource(options);
    const opened = openSource(options, { size: 16, cacheFolder: join(root, 'cache'), workers: 0 });
    if (classes.length === 0) {
      await assert.rejects(opened, /one class only/);
      continue;
    }
    const data = await opened;
    const what = JSON.stringify(given);
    assert.deepEqual([data.task, data.classes], [task, classes], what);
    assert.deepEqual([data.length('train'), data.length('valid')], counts, what);
    if (given.groupCol !== undefined || given.groupRe !== undefined) {
      const days = [0, 1].map((i) => basename(data.file('valid', i)).slice(0, 4));
      assert.equal(new Set(days).size, 1, what);
    }
    await data.close();
  }
});

test('a test folder is kept out of what is drawn, and has its labels', async () => {
  const apart = join(root, 'apart');
  await cp(join(flat, 'images'), join(apart, 'images'), { recursive: true });
  await mkdir(join(apart, 'later'));
  for (const shape of ['circle', 'star']) {
    await rename(join(apart, 'images', `day4_${shape}.jpg`), join(apart, 'later', `day4_${shape}.jpg`));
  }
  for (const valid of [undefined, 'images']) {
    const options = parsed({
      data: apart,
      labelRe: '_(\\w+)\\.jpg$',
      test: 'later',
      ...(valid === undefined ? {} : { valid }),
    });
    checkSource(options);
    const opened = openSource(options, { size: 16, cacheFolder: join(root, 'cache'), workers: 0 });
    if (valid !== undefined) {
      await assert.rejects(opened, /no pictures in a folder "train"/);
      continue;
    }
    const data = await opened;
    assert.deepEqual([data.length('train'), data.length('valid'), [...data.labels('test')]], [6, 2, [0, 1]]);
    await data.close();
  }
});

test('options that do nothing or contradict each other are refused', () => {
  const cases: [Record<string, unknown>, RegExp][] = [
    [{ fnCol: 'id' }, /--fn-col needs a CSV file/],
    [{ suffix: '.jpg' }, /--suffix needs/],
    [{ validCol: 'held' }, /--valid-col needs/],
    [{ groupCol: 'day' }, /--group-col needs/],
    [{ labelDelim: ';' }, /--label-delim needs a CSV file or --label-re/],
    [{ labelDelim: '' }, /--label-delim must not be empty/],
    [{ regression: true }, /--regression needs/],
    [{ stratify: true }, /--stratify needs .*drawn from evenly anyway/],
    [{ balance: 'more' }, /--balance must be one of none, oversample, weighted-sampling/],
    [{ csv, labelCol: '' }, /--label-col must name a column/],
    [{ csv, labelRe: '(a)', labelCol: 'shape' }, /--label-re and --label-col contradict/],
    [{ csv, groupRe: '(a)', groupCol: 'day' }, /--group-re and --group-col contradict/],
    [{ csv, regression: true, labelDelim: ';' }, /--regression and --label-delim contradict/],
    [{ csv, regression: true, balance: 'oversample' }, /--balance needs classes/],
    [{ csv, validCol: 'held', stratify: true }, /are for a split that is drawn/],
    [{ csv, test: 'test' }, /--test is for folders/],
    [{ csv, valid: 'test', validCol: 'held' }, /--valid and --valid-col contradict/],
    [{ labelRe: '((' }, /--label-re: "\(\(" is not a regular expression/],
    [{ groupRe: 'day' }, /--group-re: \/day\/u has no group/],
  ];
  for (const [given, message] of cases) {
    assert.throws(
      () => checkSource(parsed(given)),
      (error) => error instanceof UsageError && message.test(error.message),
      `${message}`,
    );
  }
});

test('the command trains on a table with pictures beside it, balanced', async () => {
  const args = 'train flat/labels.csv --suffix .jpg --group-col day --balance oversample --seed 1';
  const small = '--size 32 --bs 4 --epochs 1 --finetune-epochs 0 --lr 0.003 --no-tta --json --out out';
  const { code, stdout, stderr } = await onecycle(`${args} ${small}`.split(' '), {
    cwd: root,
    env: { ONECYCLE_HOME: join(root, 'home') },
  });
  assert.equal(code, 0, stderr);
  const { data } = z
    .object({ data: z.object({ classes: z.array(z.string()), train: z.number(), valid: z.number() }) })
    .parse(JSON.parse(stdout));
  assert.deepEqual(data, { classes: ['circle', 'star'], train: 8, valid: 2 });
  const bad = await onecycle('train flat --csv nowhere.csv'.split(' '), { cwd: root });
  assert.deepEqual([bad.code, /There is no file .*nowhere\.csv/.test(bad.stderr)], [1, true]);
});
