import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { z } from 'zod';
import { generateSampleSet } from '../data/index.js';
import { type Finished, onecycle } from './testing/command.js';

const root = await mkdtemp(join(tmpdir(), 'onecycle-sets-'));
after(() => rm(root, { recursive: true }));
const home = join(root, 'home');
const offline = { ONECYCLE_HOME: home, ONECYCLE_OFFLINE: '1' };
const run = (args: string, env: NodeJS.ProcessEnv = offline): Promise<Finished> =>
  onecycle(args.split(' '), { cwd: root, env });

test('data list shows name, size, pictures, task, licence and source', async () => {
  const { code, stdout } = await run('data list');
  assert.equal(code, 0);
  assert.match(stdout, /^cifar +60,000 +10 +168 MB +classification +CIFAR-10/m);
  assert.match(stdout, /^planet_tiny +200 +1\.0 MB +multi-label /m);
  assert.match(stdout, /^ +licence: CC BY-SA 4\.0; https:\/\/www\.robots\.ox\.ac\.uk/m);
  const Sets = z.array(
    z.object({ name: z.string(), address: z.url(), bytes: z.int(), licence: z.string(), source: z.url() }),
  );
  const sets = Sets.parse(JSON.parse((await run('data list --json')).stdout));
  assert.ok(sets.some(({ name }) => name === 'imagenette_160'));
});

test('data get says what is wrong', async () => {
  await mkdir(join(root, 'full'));
  await writeFile(join(root, 'full', 'x'), '');
  for (const [args, expected, message] of [
    ['data get', 2, /missing required argument/],
    ['data get nonsense', 2, /there is no known set nonsense; onecycle data list names them/],
    ['data get cifar', 1, /Put the file at .*home.datasets.cifar10\.tgz; it is published at https/],
    ['data get Imagenette-160 new', 1, /Put the file at .*imagenette2-160\.tgz/],
    ['data get cifar full', 1, /full is not empty/],
    ['data nonsense', 2, /unknown command 'nonsense'/],
    [
      'train planet_tiny',
      1,
      /planet_tiny is labelled for multi-label, by a table: .* --suffix \.jpg --label-delim " "/,
    ],
    ['train biwi_sample', 1, /the set biwi_sample cannot be trained on by its name: its labels are in a Python pickle/],
    ['train camvid_tiny', 1, /it has a class for each pixel/],
    ['train cifar11', 1, /There is no folder or archive cifar11, and no known set of this name/],
    ['train cars', 1, /the set cars cannot be trained on by its name: its labels are in MATLAB files/],
    ['train imagewoof-160', 1, /Put the file at .*imagewoof2-160\.tgz/],
  ] as const) {
    const { code, stdout, stderr } = await run(args);
    assert.match(stderr, message, args);
    assert.doesNotMatch(stderr, /unexpected/);
    assert.equal(code, expected, args);
    assert.equal(stdout, '');
  }
  for (const path of ['new', 'runs']) assert.equal(existsSync(join(root, path)), false, path);
});

test('train takes a known set by name, if there is nothing of this name', async () => {
  const set = join(home, 'datasets', 'imagenette2-160');
  await generateSampleSet(set, { classes: ['circle', 'star'], perClass: 4 });
  await rename(join(set, 'valid'), join(set, 'val'));
  const small = '--arch simple_cnn --size 32 --bs 2 --epochs 1 --lr 0.001 --no-tta --json';
  const { code, stdout, stderr } = await run(`train imagenette_160 ${small}`);
  assert.equal(code, 0, stderr);
  const { options, data } = z
    .object({ options: z.object({ data: z.string() }), data: z.object({ classes: z.array(z.string()) }) })
    .parse(JSON.parse(stdout));
  assert.equal(options.data, set);
  assert.deepEqual(data.classes, ['circle', 'star']);
  await mkdir(join(root, 'imagenette_160'));
  assert.match((await run(`train imagenette_160 ${small}`)).stderr, /imagenette_160 holds no pictures/);
});
