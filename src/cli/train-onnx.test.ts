import assert from 'node:assert/strict';
import { appendFile, copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { models } from '../models.js';
import { modelFile } from '../testing/onnx-files.js';
import { onecycle } from './testing/command.js';

const cwd = await mkdtemp(join(tmpdir(), 'onecycle-train-onnx-'));
after(() => rm(cwd, { recursive: true }));

const FAST = [
  '--bs',
  '16',
  '--epochs',
  '1',
  '--finetune-epochs',
  '1',
  '--lr',
  '0.005',
  '--finetune-lr',
  '0.001',
  '--no-tta',
];

describe('onecycle train --arch FILE.onnx', () => {
  before(async () => {
    const made = await onecycle(['sample', 'pictures', '--per-class', '4'], { cwd });
    assert.equal(made.code, 0, made.stderr);
    await copyFile(modelFile('unfolded'), join(cwd, 'net.onnx'));
  });

  test('trains, exports, predicts, and what it exports is a backbone again', async () => {
    const trained = await onecycle(
      ['train', 'pictures', '--arch', 'net.onnx', '--size', '32', ...FAST, '--out', 'run'],
      { cwd },
    );
    assert.equal(trained.code, 0, trained.stderr);
    assert.match(trained.stdout + trained.stderr, /net\.onnx does not say how pictures are normalised/);
    const { options } = JSON.parse(await readFile(join(cwd, 'run', 'summary.json'), 'utf8'));
    assert.match(options.archSha256, /^[0-9a-f]{64}$/);
    const predicted = await onecycle(['predict', 'run/model.onnx', 'pictures/valid', '--top', '1'], { cwd });
    assert.equal(predicted.code, 0, predicted.stderr);
    const again = await models.fromOnnx(join(cwd, 'run', 'model.onnx'));
    assert.equal(again.imported?.form, 'planes');
    assert.deepEqual(again.imported?.preprocessing.mean, [0, 0, 0]);
  });

  test('a run does not go on with another file', async () => {
    await appendFile(join(cwd, 'net.onnx'), Buffer.from([0x32, 0x01, 0x61]));
    const resumed = await onecycle(['train', '--resume', 'run'], { cwd });
    assert.equal(resumed.code, 1);
    assert.match(resumed.stderr, /net\.onnx is not the file that the run began with/);
  });

  test('takes the size of a file that has only one, and no other', async () => {
    await copyFile(modelFile('transformer'), join(cwd, 'vit.onnx'));
    const other = await onecycle(['train', 'pictures', '--arch', 'vit.onnx', '--size', '64'], { cwd });
    assert.equal(other.code, 1);
    assert.match(other.stderr, /vit\.onnx does not take pictures of 64 × 64 px.*32 × 32 px/s);
    const own = await onecycle(['train', 'pictures', '--arch', 'vit.onnx', ...FAST, '--out', 'vit-run', '--quiet'], {
      cwd,
    });
    assert.equal(own.code, 0, own.stderr);
  });

  test('mistakes', async () => {
    const missing = await onecycle(['train', 'pictures', '--arch', 'nowhere.onnx'], { cwd });
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /no such file: .*nowhere\.onnx/);
    const unknown = await onecycle(['train', 'pictures', '--arch', 'resnet99'], { cwd });
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /--arch must be an \.onnx file or one of/);
  });
});
