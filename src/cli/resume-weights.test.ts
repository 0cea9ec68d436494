import assert from 'node:assert/strict';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { generateSampleSet } from '../data/index.js';
import { findPictures } from '../data/node/scan.js';
import { onecycle } from './testing/command.js';

const cwd = await mkdtemp(join(tmpdir(), 'onecycle-resume-'));
after(() => rm(cwd, { recursive: true }));
await generateSampleSet(join(cwd, 'pictures'), { classes: ['circle', 'star'], perClass: 4 });
const FAST = ['--bs', '4', '--epochs', '1', '--finetune-epochs', '0', '--lr', '0.001', '--no-tta', '--json'];

test('a run goes on without the file of weights that it began with', async () => {
  const weights = join(cwd, 'own.safetensors');
  await copyFile(fileURLToPath(new URL('../../weights/efficientnet_lite0.safetensors', import.meta.url)), weights);
  const begun = await onecycle(['train', 'pictures', '--size', '32', '--weights', weights, ...FAST, '--out', 'run'], {
    cwd,
  });
  assert.equal(begun.code, 0, begun.stderr);
  await rm(weights);
  const resumed = await onecycle(['train', '--resume', 'run', '--json'], { cwd });
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.deepEqual(JSON.parse(resumed.stdout).results, JSON.parse(begun.stdout).results);
});

test('tiny pictures are not enlarged for a network without weights', async () => {
  const { pictures } = await findPictures(join(cwd, 'pictures'));
  for (const file of pictures) {
    const small = await sharp(file).resize(28, 28).toBuffer();
    await sharp(small).toFile(file);
  }
  const { code, stdout, stderr } = await onecycle(
    ['train', 'pictures', '--arch', 'simple_cnn', ...FAST, '--out', 'small'],
    { cwd },
  );
  assert.equal(code, 0, stderr);
  assert.equal(JSON.parse(stdout).options.size, 28);
});
