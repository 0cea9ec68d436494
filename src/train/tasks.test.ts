import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import * as ort from 'onnxruntime-node';
import { cnnLearner } from '../cnn-learner.js';
import { UserError } from '../core/errors.js';
import { classWeights, generateSampleSet, getTransforms, ImageDataBunch, loadImage } from '../data/index.js';
import { binaryCrossEntropy, crossEntropy, focal, mseLoss } from '../engine/losses/index.js';
import { readModel } from '../graph/onnx.js';
import { models } from '../nn/models/index.js';
import { MixUp } from './callbacks/index.js';
import type { Learner, LearnerOptions } from './learner.js';
import { accuracy, accuracyThresh, fBeta, mae, r2Score, rocAuc } from './metrics/index.js';
import { targetRows } from './target-rows.js';

const root = await mkdtemp(join(tmpdir(), 'onecycle-tasks-'));
after(() => rm(root, { recursive: true }));

/** What the table says of each shape: words, and two numbers. */
const SHAPES = [
  ['circle', 'round full', 1, -1],
  ['rings', 'round lined', 2, -2],
  ['star', 'full', 3, -3],
  ['stripes', 'lined', 4, -4],
] as const;

before(async () => {
  await generateSampleSet(join(root, 'train'), {
    classes: SHAPES.map(([shape]) => shape),
    perClass: 16,
    validPct: 0.25,
  });
  const lines = ['name,words,kind,slope,held'];
  for (const [shape, words, kind, slope] of SHAPES) {
    for (const split of ['train', 'valid']) {
      for (const name of (await readdir(join(root, 'train', split, shape))).sort()) {
        lines.push(`train/${split}/${shape}/${name},${words},${kind},${slope},${split}`);
      }
    }
  }
  await writeFile(join(root, 'labels.csv'), lines.join('\n'));
});

const common = { size: 64, bs: 12, dsTfms: getTransforms(), workers: 0, validCol: 'held' };
const manyLabels = () => ImageDataBunch.fromCsv(root, { ...common, labelCol: 'words', labelDelim: ' ' });
const numbers = () => ImageDataBunch.fromCsv(root, { ...common, labelCol: ['kind', 'slope'], regression: true });
const oneLabel = () => ImageDataBunch.fromFolder(join(root, 'train'), { ...common, seed: 1 });

async function withLearner(
  data: ImageDataBunch,
  options: LearnerOptions,
  use: (learner: Learner) => Promise<void>,
): Promise<void> {
  const learner = await cnnLearner(data, models.efficientnet_lite0, options);
  try {
    await use(learner);
  } finally {
    await learner.close();
  }
}

/** What an ordinary session makes of the first validation pictures by the exported model. */
async function exported(learner: Learner, output: string): Promise<Float32Array> {
  const { size } = learner.data;
  const session = await ort.InferenceSession.create(await learner.exportModel());
  const picture = await loadImage(learner.data.file('valid', 0), size);
  const image = new ort.Tensor(
    'float32',
    Float32Array.from(picture, (x) => x / 255),
    [1, 3, size, size],
  );
  const { [output]: tensor } = await session.run({ image });
  await session.release();
  assert.ok(tensor?.data instanceof Float32Array);
  return tensor.data;
}

const near = (a: Float32Array, b: Float32Array, tolerance: number) =>
  a.forEach((x, i) => {
    assert.ok(Math.abs(x - (b[i] ?? Number.NaN)) < tolerance, `${x} and ${b[i]}`);
  });

test('several labels a picture: trained, measured, averaged over altered pictures, predicted, exported', async () => {
  const data = await manyLabels();
  const metrics = [accuracyThresh(), fBeta({ average: 'samples' }), rocAuc()];
  const loss = binaryCrossEntropy({ classWeights: classWeights(data), labelSmoothing: 0.05 });
  await withLearner(data, { loss, metrics, threshold: 0.4 }, async (learner) => {
    const before = await learner.validate();
    await learner.fitOneCycle(3, { maxLr: 1e-2 });
    const { loss, metrics: found } = await learner.validate();
    assert.ok(loss < before.loss, `loss from ${before.loss} to ${loss}`);
    assert.ok((found.accuracy_thresh ?? 0) > 0.8, JSON.stringify(found));
    const { preds, targets } = await learner.tta();
    assert.ok(accuracyThresh()(preds, targets) > 0.8);
    assert.ok(preds.data.every((p) => p >= 0 && p <= 1));

    const said = await learner.predict(data.file('valid', 0));
    const above = data.classes.filter((_, c) => (said.probabilities[c] ?? 0) > 0.4);
    assert.deepEqual([said.labels, said.label], [above, above.join(';')]);
    const plain = await learner.getPreds();
    near(said.probabilities, plain.preds.data.subarray(0, data.classes.length), 1e-4);
    near(await exported(learner, 'probabilities'), said.probabilities, 1e-4);
    const { metadata } = readModel(await learner.exportModel());
    assert.deepEqual([metadata['onecycle.task'], metadata['onecycle.threshold']], ['multi-label', '0.4']);
  });
});

test('a regression: trained, measured, averaged over altered pictures, predicted, exported', async () => {
  const data = await numbers();
  const options = { metrics: [mae, r2Score], yRange: [-8, 8] as const };
  await withLearner(data, options, async (learner) => {
    const before = await learner.validate();
    await learner.fitOneCycle(12, { maxLr: 1e-2 });
    const { loss, metrics: found } = await learner.validate();
    assert.ok(loss < before.loss, `loss from ${before.loss} to ${loss}`);
    assert.ok(Number.isFinite(found.r2), JSON.stringify(found));
    const { preds, targets } = await learner.tta();
    assert.ok(Number.isFinite(mae(preds, targets)));
    assert.ok(preds.data.every((y) => y >= -8 && y <= 8));

    const said = await learner.predict(data.file('valid', 0));
    assert.deepEqual([said.values.length, said.labels, said.probabilities.length], [2, [], 0]);
    near(await exported(learner, 'values'), said.values, 1e-3);
    assert.equal(readModel(await learner.exportModel()).metadata['onecycle.task'], 'regression');
  });
});

test('the loss that is chosen is the one that is trained and validated', async () => {
  const weights = { classWeights: [1, 2, 3, 4] };
  for (const loss of [crossEntropy({ labelSmoothing: 0.2, ...weights }), focal()]) {
    await withLearner(await oneLabel(), { loss, metrics: [accuracy] }, async (learner) => {
      const { preds, targets } = await learner.getPreds();
      const rows = targetRows(
        targets,
        4,
        Array.from({ length: preds.n }, (_, i) => i),
      );
      let [sum, weight] = [0, 0];
      const smoothing = loss.name === 'focal' ? 0 : 0.2;
      preds.data.forEach((p, i) => {
        const w = loss.name === 'focal' ? 1 : 1 + (i % 4);
        const t = rows[i] ?? 0;
        const s = t * (1 - smoothing) + smoothing / 4;
        sum -= w * s * Math.log(p) * (loss.name === 'focal' ? (1 - p) ** 2 : 1);
        weight += w * t;
      });
      const before = await learner.validate();
      assert.ok(Math.abs(before.loss - sum / weight) < 1e-3, `${before.loss}, computed here ${sum / weight}`);
      await learner.fitOneCycle(2, { maxLr: 1e-2 });
      const { loss: after, metrics } = await learner.validate();
      assert.ok(after < before.loss, `from ${before.loss} to ${after}`);
      assert.ok((metrics.accuracy ?? 0) > 0.5);
    });
  }
});

test('pictures with several labels are mixed, too', async () => {
  await withLearner(await manyLabels(), { callbacks: [new MixUp()] }, async (learner) => {
    await learner.fitOneCycle(1);
    assert.ok(learner.recorder.losses.every(Number.isFinite));
  });
});

test('losses, metrics and options of another task are refused', async () => {
  const [one, many, values] = [await oneLabel(), await manyLabels(), await numbers()];
  const cases: readonly (readonly [ImageDataBunch, LearnerOptions, RegExp])[] = [
    [one, { loss: mseLoss() }, /the loss mse is for regression data; these are single-label/],
    [one, { loss: crossEntropy({ classWeights: [1, 2] }) }, /2 numbers; there are 4 classes/],
    [one, { metrics: [mae] }, /the metric mae is for regression data/],
    [one, { metrics: [accuracy, accuracy] }, /two metrics are named "accuracy"/],
    [one, { threshold: 0.5 }, /threshold is for several labels a picture/],
    [one, { yRange: [0, 1] }, /yRange is for a regression/],
    [many, { metrics: [accuracy] }, /the metric accuracy is for single-label data; these are multi-label/],
    [many, { threshold: 2 }, /threshold must be from 0 to 1/],
    [values, { yRange: [3, 1] }, /lower one first/],
    [values, { loss: crossEntropy() }, /cross_entropy is for single-label data; these are regression/],
  ];
  for (const [data, options, message] of cases) {
    await assert.rejects(
      cnnLearner(data, models.efficientnet_lite0, options),
      (error) => error instanceof UserError && message.test(error.message),
      String(message),
    );
  }
  for (const data of [one, many, values]) await data.close();
});
