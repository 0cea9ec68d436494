import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { z } from 'zod';
import { generateSampleSet, loadImage, randAugment, randomErasing, randPad } from '../data/index.js';
import { readModel } from '../graph/onnx.js';
import { type AugmentationOptions, augmentationFields, transformsOf } from './augmentation.js';
import { loadExported, namedModel } from './exported.js';
import { onecycle } from './testing/command.js';

const root = await mkdtemp(join(tmpdir(), 'onecycle-augmentation-'));
after(() => rm(root, { recursive: true }));

const parse = (given: Record<string, unknown>): AugmentationOptions =>
  z.object(augmentationFields).parse({ flip: true, ...given });

const names = (given: Record<string, unknown>): string[] => transformsOf(parse(given)).train.map(({ name }) => name);

test('options become lists of transforms; erasing comes last', () => {
  const fastai = ['crop', 'flipLr', 'symmetricWarp', 'rotate', 'zoom', 'brightness', 'contrast'];
  assert.deepEqual(names({}), fastai);
  assert.deepEqual(names({ reprob: '0.25', colorJitter: '0.4' }), [
    ...fastai,
    'adjustBrightness',
    'adjustContrast',
    'adjustSaturation',
    'randomErasing',
  ]);
  assert.deepEqual(names({ augment: 'none' }), ['crop']);
  assert.deepEqual(names({ augment: 'none', reprob: 0.1 }), ['crop', 'randomErasing']);
  assert.deepEqual(names({ augment: 'trivialaugment', flip: false }), ['crop', 'trivialAugment']);
  assert.deepEqual(names({ augment: 'autoaugment-imagenet' }), ['crop', 'flipLr', 'autoAugment']);
  assert.deepEqual(names({ augment: 'randaugment', flipVert: true }), ['crop', 'dihedralAffine', 'randAugment']);
  assert.deepEqual(names({ augment: 'shift' }), ['pad', 'crop', 'flipLr']);
  assert.deepEqual(transformsOf(parse({ augment: 'shift', shift: '2', flip: false })).train, randPad({ padding: 2 }));
  const { train, valid } = transformsOf(
    parse({ augment: 'randaugment', raOps: '3', raMagnitude: '5', reprob: '0.5', remode: 'pixel' }),
  );
  assert.deepEqual(train.slice(2), [
    randAugment({ numOps: 3, magnitude: 5 }),
    randomErasing({ mode: 'pixel', p: 0.5 }),
  ]);
  assert.deepEqual(
    valid.map(({ name }) => name),
    ['crop'],
  );
});

test('a run with such options trains, and its model takes pictures as it was trained on them', async () => {
  await generateSampleSet(join(root, 'pictures'), { classes: ['circle', 'star'], perClass: 6 });
  const run = (args: string) => onecycle(args.split(' '), { cwd: root, env: { ONECYCLE_HOME: join(root, 'cache') } });
  const trained = await run(
    'train pictures --arch simple_cnn --size 32 --bs 4 --epochs 1 --lr 0.001 --resize pad --padding zeros ' +
      '--augment randaugment --reprob 0.5 --remode pixel --color-jitter 0.3 --no-tta --out out',
  );
  assert.equal(trained.code, 0, trained.stderr);
  const { options } = z
    .object({ options: z.object({ resize: z.literal('pad'), augment: z.literal('randaugment') }) })
    .parse(JSON.parse(await readFile(join(root, 'out', 'options.json'), 'utf8')));
  assert.equal(options.resize, 'pad');
  const { metadata } = readModel(await readFile(join(root, 'out', 'model.onnx')));
  assert.match(
    metadata['onecycle.preprocessing'] ?? '',
    /long side to size \(cubic\), in the middle of a square, black/,
  );
  const predicted = await run('predict out/model.onnx pictures/valid/star --json');
  const [{ file, probability }] = z
    .tuple([z.object({ file: z.string(), probability: z.number() })])
    .rest(z.unknown())
    .parse(JSON.parse(predicted.stdout));
  const classifier = await loadExported(await namedModel(join(root, 'out', 'model.onnx')));
  const image = await loadImage(join(root, file), 32, { resizeMethod: 'pad', paddingMode: 'zeros' });
  const expected = await classifier.outputs(image, 1);
  await classifier.close();
  assert.ok(Math.abs(Math.max(...expected) - probability) < 1e-5);
});
