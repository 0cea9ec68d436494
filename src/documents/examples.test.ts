import assert from 'node:assert/strict';
import { cp, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { generateSampleSet } from '../data/index.js';
import { notebookCode } from './testing/notebook.js';
import { PACKAGE } from './testing/package-folder.js';
import { Reader } from './testing/reader.js';

/** The examples, on a few drawn pictures and with the weights that are in the package, in the project of a reader. */
const reader = await Reader.create();
after(() => reader.close());
const example = (name: string) => readFile(join(PACKAGE, 'examples', name), 'utf8');

const files = [join('cifar', 'cifar.ts'), join('notebook', 'cifar.ts'), join('extend', 'train.ts')];
let compiled: string;

before(async () => {
  const set = join(reader.folder, 'set');
  await generateSampleSet(set, { perClass: 10, classes: ['circle', 'star', 'stripes'] });
  await rename(join(set, 'valid'), join(set, 'test'));
  for (const name of ['cifar', 'notebook']) await mkdir(join(reader.folder, name));
  await writeFile(join(reader.folder, 'cifar', 'cifar.ts'), await example('cifar.ts'));
  await writeFile(join(reader.folder, 'notebook', 'cifar.ts'), notebookCode(await example('cifar.ipynb')));
  await cp(join(PACKAGE, 'examples', 'extend'), join(reader.folder, 'extend'), { recursive: true });
  compiled = reader.compile(files);
});

test('the compiler and the linter have nothing to say', () => {
  assert.equal(compiled, '');
  const biome = join(PACKAGE, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');
  reader.run('biome', '.', process.execPath, [biome, 'lint', '--colors=off', `--config-path=${PACKAGE}`, ...files]);
});

test('the session as a program', async () => {
  const args = ['--data', '../set', '--arch', 'efficientnet_lite0', '--epochs', '1', '--size', '48'];
  const printed = reader.runJs('cifar.ts', 'cifar', 'cifar.js', [...args, '--limit-per-class', '4']);
  assert.match(printed, /32 px, head alone\nepoch +train_loss +valid_loss +accuracy +seconds\n0 +\d/);
  assert.match(
    printed,
    /one cycle, all layers\n.*\n0 .*\n0 .*\n\ntest accuracy: [\d.]+ %\n.*augmentation: [\d.]+ %\n$/,
  );
  for (const file of ['lr-find.svg', 'lr-find-2.svg', 'losses.svg', 'stage-2.safetensors', 'model.onnx']) {
    assert.ok((await stat(join(reader.folder, 'cifar', 'runs', 'cifar', file))).size > 1000, file);
  }
  assert.match(reader.runJs('cifar.ts', 'cifar', 'cifar.js', ['--help']), /--limit-per-class N/);
});

test('the session as a notebook', async () => {
  const small = { CIFAR_DATA: '../set', CIFAR_ARCH: 'efficientnet_lite0', CIFAR_EPOCHS: '1', CIFAR_SIZE: '48' };
  const env = { ...small, CIFAR_LIMIT: '4' };
  const printed = reader.runJs('cifar.ipynb', 'notebook', 'cifar.js', [], env);
  assert.match(printed, /^test accuracy: [\d.]+\nwith test-time augmentation: [\d.]+\n$/);
});

test('parts of a reader’s own: architecture, operator, loss, optimizer, metric, transform and callback', () => {
  const printed = reader.runJs('extend/train.ts', 'extend', 'train.js', ['../set']);
  for (const arch of ['pocket_net', 'quick_net']) {
    const epochs = /epoch 0 of 2: least share 1, loss [\d.]+\nepoch 1 of 2: least share 0\.5, loss [\d.]+\n/.source;
    const table = /epoch +train_loss +valid_loss +accuracy +trueShare +seconds\n0 +\d.*\n1 +\d.*\n/.source;
    assert.match(printed, new RegExp(`${epochs}${arch}\\n${table}`));
  }
});
