import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import sharp from 'sharp';
import { UserError } from '../core/errors.js';
import { generateSampleSet, getTransforms, ImageDataBunch } from '../data/index.js';
import { showBatch } from '../show-batch.js';
import { onecycle } from './testing/command.js';

const root = await mkdtemp(join(tmpdir(), 'onecycle-show-'));
after(() => rm(root, { recursive: true }));
const run = (args: string) =>
  onecycle(args.trim().split(' '), { cwd: root, env: { ONECYCLE_HOME: join(root, 'cache') } });

await generateSampleSet(join(root, 'pictures'), { classes: ['dots', 'star'], perClass: 5 });

test('data show draws the same sheet for the same seed, another for another seed or epoch', async () => {
  const sheet = async (name: string, args: string): Promise<Buffer> => {
    const { code, stdout, stderr } = await run(`data show pictures --size 32 --rows 2 --cols 3 --out ${name} ${args}`);
    assert.equal(code, 0, stderr);
    assert.equal(stdout, `${name}\n`);
    return readFile(join(root, name));
  };
  const first = await sheet('a.svg', '--seed 1');
  assert.equal(first.toString().match(/<image /g)?.length, 6);
  assert.match(first.toString(), />(dots|star)<\/text>/);
  assert.deepEqual(await sheet('b.svg', '--seed 1'), first);
  assert.notDeepEqual(await sheet('c.svg', '--seed 1 --epoch 1'), first);
  assert.notDeepEqual(await sheet('d.svg', '--seed 1 --augment none'), first);
  const { format, width, height } = await sharp(await sheet('e.png', '--split valid')).metadata();
  // Two pictures for validation fill two columns of one row.
  assert.deepEqual([format, width, height], ['png', 356, 206]);
  const page = (await sheet('f.html', '')).toString();
  assert.equal(page.match(/<img src="data:image\/png;base64,/g)?.length, 6);
  assert.doesNotMatch(page, /<script|https?:/);
});

test('showBatch gives the sheet of a bunch', async () => {
  const data = await ImageDataBunch.fromFolder(join(root, 'pictures'), {
    size: 32,
    dsTfms: getTransforms(),
    cacheFolder: join(root, 'cache'),
  });
  try {
    assert.equal((await showBatch(data, { rows: 1, columns: 2 })).match(/<image /g)?.length, 2);
    const told = (pattern: RegExp) => (error: unknown) => error instanceof UserError && pattern.test(error.message);
    await assert.rejects(showBatch(data, { rows: 0 }), told(/rows/));
    await assert.rejects(showBatch(data, { split: 'test' }), told(/test split has no pictures/));
    await assert.rejects(showBatch(data, { file: 'sheet.jpg' }), told(/must end in \.png, \.svg, \.html/));
  } finally {
    await data.close();
  }
});

test('data show says what is wrong with how it is called', async () => {
  for (const [args, expected, message] of [
    ['data show', 2, /missing required argument/],
    ['data show nowhere', 1, /There is no folder or archive .*nowhere/],
    ['data show pictures --out sheet.jpg', 1, /sheet\.jpg must end in \.png, \.svg, \.html/],
    ['data show pictures --rows 0', 2, /--rows must be a whole number from 1 to 50/],
    ['data show pictures --split all', 2, /--split must be/],
    ['data show pictures --split test', 1, /test split has no pictures/],
    ['data show pictures --ra-ops 3', 2, /--ra-ops needs --augment randaugment/],
  ] as const) {
    const { code, stdout, stderr } = await run(args);
    assert.match(stderr, message, args);
    assert.doesNotMatch(stderr, /unexpected/);
    assert.equal(code, expected, args);
    assert.equal(stdout, '');
  }
  assert.equal(existsSync(join(root, 'batch.png')), false);
});
