import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { cnnLearner } from '../cnn-learner.js';
import { generateSampleSet, ImageDataBunch, ImageList, imagenetStats } from '../data/index.js';
import { models } from '../nn/models/index.js';
import type { Callback } from './callback.js';
import { runRecipe } from './recipe.js';

const root = await mkdtemp(join(tmpdir(), 'onecycle-test-set-'));
after(() => rm(root, { recursive: true }));
const pictures = join(root, 'pictures');
await generateSampleSet(pictures, { classes: ['circle', 'star'], perClass: 6, validPct: 1 / 3 });
const block = ImageList.fromFolder(pictures)
  .filterByFunc((file) => !file.endsWith(join('star', '0001.jpg')))
  .splitByFolder()
  .labelFromFolder();
const options = { size: 16, bs: 2, workers: 0, cacheFolder: join(root, 'cache') } as const;

test('looking at the test set while training is told once; after it, it is not', async () => {
  const told: string[] = [];
  const rows = (await ImageList.fromFolder(pictures).read()).items.map(({ name }, i) => ({
    name,
    label: name.includes('star') ? 'star' : 'circle',
    split: name.startsWith('train') ? 'train' : i % 2 === 0 ? 'valid' : 'test',
  }));
  const split = await ImageDataBunch.fromDf(pictures, rows, {
    ...options,
    validCol: 'split',
    onNotice: (notice) => told.push(notice),
  });
  const learn = await cnnLearner(split, models.simple_cnn);
  try {
    const peeks: Callback = {
      onEpochEnd: async () => {
        await learn.validate('test');
      },
    };
    await learn.fit(1, 1e-3);
    await learn.validate('test');
    assert.deepEqual(told, []);
    await learn.fit(2, 1e-3, { callbacks: [peeks] });
    assert.equal(told.length, 1);
    assert.match(told[0] ?? '', /the test set was looked at while training/);
  } finally {
    await learn.close();
  }
});

test('a test set without labels is predicted and not measured; pictures without labels cannot be learnt from', async () => {
  const data = await block.addTest(ImageList.fromGlob(pictures, 'train/star/0001.jpg')).databunch(options);
  const learn = await cnnLearner(data, models.simple_cnn);
  try {
    await assert.rejects(learn.validate('test'), /the pictures of the test set have no labels to compare with/);
    assert.equal((await learn.getPreds('test')).preds.n, 1);
    const { progress } = await runRecipe(learn, { epochs: 1, lr: 1e-3, tta: false });
    assert.deepEqual(
      progress.results.map(({ split }) => split),
      ['valid'],
    );
  } finally {
    await learn.close();
  }
  const unlabelled = await ImageList.fromFolder(pictures).splitNone().labelEmpty().databunch(options);
  await assert.rejects(cnnLearner(unlabelled, models.simple_cnn), /have no labels to learn from/);
  await unlabelled.close();
});

test('balanced passes and statistics of the data reach training, with the body trained and with it fixed', async () => {
  const data = await block.normalize(imagenetStats).databunch({ ...options, balance: 'oversample', size: 32 });
  assert.deepEqual([data.length('train'), data.batchCount('train')], [7, 4]);
  const learn = await cnnLearner(data, models.efficientnet_lite0);
  try {
    assert.deepEqual(learn.engine.network.mean, imagenetStats.mean);
    await learn.fit(1, 1e-3);
    learn.unfreeze();
    await learn.fit(1, 1e-4);
    assert.equal(learn.recorder.history.losses.length, 8);
  } finally {
    await learn.close();
  }
});
