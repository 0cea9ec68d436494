import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import sharp from 'sharp';
import { cnnLearner } from '../cnn-learner.js';
import { UserError } from '../core/errors.js';
import { generateSampleSet, ImageDataBunch } from '../data/index.js';
import { exportedInfo } from '../exported/metadata.js';
import { exportedNetwork } from '../exported-network.js';
import { readModel } from '../graph/onnx.js';
import { models } from '../nn/models/index.js';
import { plotMultiTopLosses, plotTopLosses, topLossPictures } from '../plot-top-losses.js';
import { savePlot } from '../save-plot.js';
import { softmax } from '../train/activations.js';
import type { Learner } from '../train/learner.js';
import { ClassificationInterpretation, heatMap } from './index.js';

const SIZE = 96;
const root = await mkdtemp(join(tmpdir(), 'onecycle-interpret-'));
let learn: Learner;
let interp: ClassificationInterpretation;

before(async () => {
  const pictures = join(root, 'pictures');
  await generateSampleSet(pictures, { classes: ['circle', 'rings', 'star'], perClass: 10, validPct: 0.4 });
  const data = await ImageDataBunch.fromFolder(pictures, { size: SIZE, bs: 6, workers: 0, cacheFolder: root });
  learn = await cnnLearner(data, models.efficientnet_lite0);
  await learn.fitOneCycle(1);
  interp = await ClassificationInterpretation.fromLearner(learn);
});
after(async () => {
  await learn.close();
  await rm(root, { recursive: true });
});

test("a learner's validation set: its predictions, files and labels", async () => {
  const { preds, targets, outputs } = await learn.getPreds();
  assert.equal(interp.length, 12);
  assert.deepEqual([interp.preds, interp.targets], [preds, targets]);
  assert.deepEqual(interp.files[3], learn.data.file('valid', 3));
  const counts = interp.confusionMatrix().flat();
  assert.equal(
    counts.reduce((sum, count) => sum + count, 0),
    12,
  );
  const cooled = interp.atTemperature(2).preds.data;
  softmax(
    outputs.map((z) => z / 2),
    3,
  ).forEach((p, i) => {
    assert.ok(Math.abs(p - (cooled[i] ?? 0)) < 1e-6);
  });
  await assert.rejects(ClassificationInterpretation.fromLearner(learn, { split: 'test' }), /no test set/);
});

test('with test-time augmentation its gain is told', async () => {
  const mixed = await ClassificationInterpretation.fromLearner(learn, { tta: true });
  const gain = mixed.ttaGain();
  assert.equal(gain.plain, interp.perClassReport().accuracy);
  assert.equal(gain.tta, mixed.perClassReport().accuracy);
  assert.ok(Math.abs(gain.tta - gain.plain - (gain.fixed - gain.broken) / 12) < 1e-9);
});

test('derivatives at the last map are those of finite differences', async () => {
  const picture = await learn.loadPicture(learn.data.file('valid', 0));
  const { grid, values, gradients } = await learn.engine.featureGradients(picture, SIZE, 1);
  const places = grid.height * grid.width;
  assert.deepEqual([grid.form, places], ['planes', 9]);
  /** The logit behind the pooled map: the maxima of its planes, then their means. */
  const logit = async (map: Float32Array): Promise<number> => {
    const planes = Array.from({ length: grid.channels }, (_, c) => map.subarray(c * places, (c + 1) * places));
    const means = planes.map((plane) => plane.reduce((sum, x) => sum + x, 0) / places);
    const pooled = Float32Array.from([...planes.map((plane) => Math.max(...plane)), ...means]);
    return (await learn.engine.predictHead(pooled, 1))[1] ?? Number.NaN;
  };
  const base = await logit(values);
  assert.ok(Math.abs(base - ((await learn.engine.predict(picture, 1, SIZE))[1] ?? 0)) < 1e-3);
  // The places with the largest derivatives.
  const largest = [...gradients.keys()].sort((a, b) => Math.abs(gradients[b] ?? 0) - Math.abs(gradients[a] ?? 0));
  for (const at of largest.slice(0, 4)) {
    const step = 0.02;
    const moved = values.slice();
    // A value that is its plane's maximum stays so upwards.
    moved[at] = (moved[at] ?? 0) + step;
    const slope = ((await logit(moved)) - base) / step;
    const own = gradients[at] ?? Number.NaN;
    assert.ok(Math.abs(slope - own) < 0.05 * Math.abs(own) + 1e-3, `${slope}, differentiated ${own}`);
  }
});

test('the exported model carries a temperature, answers as before, and has the same heat maps', async () => {
  const { temperature } = interp.temperatureScale();
  const file = join(root, 'model.onnx');
  await learn.export(file, { temperature });
  assert.equal(exportedInfo(readModel(await readFile(file)).metadata, file).temperature, temperature);
  const source = learn.data.file('valid', 5);
  const network = await exportedNetwork(file);
  try {
    const probabilities = await network.outputs(await network.loadPicture(source));
    const expected = interp.atTemperature(temperature).preds.data.subarray(15, 18);
    probabilities.forEach((p, c) => {
      assert.ok(Math.abs(p - (expected[c] ?? 0)) < 1e-4, `${p}, not ${expected[c]}`);
    });
    const [own, theirs] = [await heatMap(learn, source), await heatMap(network, source)];
    assert.deepEqual([theirs.label, theirs.grid, theirs.picture], [own.label, own.grid, own.picture]);
    const off = own.values.map((value, i) => Math.abs(value - (theirs.values[i] ?? Number.NaN)));
    assert.ok(Math.max(...off) < 1e-3, `off by ${Math.max(...off)}`);
  } finally {
    await network.close();
  }
  await assert.rejects(learn.exportModel({ temperature: 0 }), /temperature must be a number above 0/);
  await assert.rejects(learn.export(join(root, 'x.onnx'), { temperature: Number.NaN }), UserError);
});

test('after more training derivatives are those of the new weights', async () => {
  const picture = await learn.loadPicture(learn.data.file('valid', 0));
  const old = await learn.engine.featureGradients(picture, SIZE, 2);
  await learn.fitOneCycle(1, { maxLr: 1e-2 });
  const now = await learn.engine.featureGradients(picture, SIZE, 2);
  // The body was frozen, the head was not.
  assert.deepEqual([now.layer, now.grid, now.values], [old.layer, old.grid, old.values]);
  assert.notDeepEqual(now.gradients, old.gradients);
});

test('sheets of top losses, of several labels too, as SVG in both themes and as PNG', async () => {
  const sheet = await plotTopLosses(interp, learn, { k: 4, columns: 2 });
  const [worst] = interp.topLosses(1);
  const svg = sheet.svg({ theme: 'dark' });
  assert.equal(svg.match(/<image /g)?.length, 8);
  assert.ok(svg.includes(`>${worst?.predicted} / ${worst?.actual}<`));
  assert.ok(sheet.svg({ theme: 'auto' }).includes('prefers-color-scheme'));
  assert.ok(sheet.text().includes(worst?.file ?? '?'));
  await savePlot(sheet, join(root, 'top.png'), { density: 72 });
  const { width, height } = await sharp(join(root, 'top.png')).metadata();
  assert.deepEqual([width, height], [Math.ceil(sheet.width), Math.ceil(sheet.height)]);
  const [plain] = await topLossPictures(interp, learn, { k: 1, heatmap: false });
  assert.deepEqual([plain?.index, plain?.overlay], [worst?.index, undefined]);

  const targets = Float32Array.from(interp.preds.data, (_, i) => (interp.targets[Math.floor(i / 3)] === i % 3 ? 1 : 0));
  const several = new ClassificationInterpretation({ ...interp, targets, threshold: 0.6 });
  const multi = await plotMultiTopLosses(several, learn, { k: 2, heatmap: false });
  const [answer] = several.multiTopLosses(1);
  assert.ok(multi.svg().includes(`>${answer?.label}: ${answer?.predicted ? 'yes' : 'no'} / `));
  assert.equal((await topLossPictures(several, learn, { k: 1 }))[0]?.index, several.topLosses(1)[0]?.index);

  await assert.rejects(plotTopLosses(interp, learn, { k: 0 }), /k must be/);
  await assert.rejects(plotTopLosses(interp, learn, { columns: 0 }), /columns must be/);
  await assert.rejects(plotMultiTopLosses(interp, learn), /several labels/);
});

test('plots of the confusion matrix and of reliability', async () => {
  const matrix = interp.plotConfusionMatrix({ title: 'Shapes' });
  assert.ok(matrix.svg().includes('Shapes') && matrix.svg({ theme: 'dark' }).includes('rings'));
  const lines = matrix.text().split('\n');
  assert.equal(lines.length, 5);
  assert.match(lines[1] ?? '', /actual +circ +ring +star/);
  const reliability = interp.plotReliability({ bins: 5 });
  assert.ok(reliability.svg({ theme: 'auto' }).includes('share of right answers'));
  assert.match(reliability.text(), /^Reliability: ECE \d+\.\d %, MCE/);
});
