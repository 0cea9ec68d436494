import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { lower } from '../graph/lower/index.js';
import { modelOf } from '../graph/model.js';
import { writeModel } from '../graph/onnx.js';
import { sizeOf } from '../graph/types.js';
import { LocalDevice } from '../runtime/node/local-device.js';
import { Engine, type StepSettings } from './engine.js';
import { layoutOf } from './layout.js';
import { adamw, sgd } from './optimizers/index.js';
import { N, tinyNet as net, pictures, SIZE, targets } from './testing/tiny.js';
import { buildTrainStep } from './train-step.js';
import { initialValues } from './values.js';

const settings: StepSettings = { lr: [1e-2, 1e-2, 1e-2], weightDecay: 0.01, momentum: 0.9 };

const device = new LocalDevice();
after(() => device.close());

async function engineAt(firstTrained: number, trainNorm: boolean, block?: number): Promise<Engine> {
  const local = new LocalDevice();
  const engine = new Engine(
    block === undefined ? local : Object.assign(local, { info: () => Promise.resolve({ block }) }),
    net,
    { optimizer: adamw(), seed: 7 },
  );
  await engine.setValues(initialValues(engine.layout, 7));
  await engine.freeze({ firstTrained, trainNorm });
  return engine;
}

function changed(before: ReadonlyMap<string, Float32Array>, now: ReadonlyMap<string, Float32Array>): string[] {
  return [...now].filter(([name, values]) => values.some((v, i) => v !== before.get(name)?.[i])).map(([name]) => name);
}

const copied = (values: ReadonlyMap<string, Float32Array>) => new Map([...values].map(([k, v]) => [k, v.slice()]));

test('a step changes what is trained and nothing else', async () => {
  for (const { first, trainNorm, body } of [
    { first: 2, trainNorm: false, body: [] },
    {
      first: 2,
      trainNorm: true,
      body: ['stem.norm', 'depth.norm', 'point.norm'].flatMap((n) =>
        ['weight', 'bias', 'running_mean', 'running_var'].map((t) => `${n}.${t}`),
      ),
    },
    {
      first: 1,
      trainNorm: false,
      body: [
        'depth.conv.weight',
        'point.conv.weight',
        ...['depth.norm', 'point.norm'].flatMap((n) => [`${n}.weight`, `${n}.bias`]),
      ],
    },
  ]) {
    const engine = await engineAt(first, trainNorm);
    const before = copied(await engine.values());
    await engine.step({ pictures, size: SIZE }, targets, settings);
    const names = changed(before, await engine.values());
    assert.deepEqual(
      names.filter((n) => !n.startsWith('head.')).sort(),
      [...body].sort(),
      `groups from ${first}, norms ${trainNorm}`,
    );
    assert.ok(names.includes('head.linear2.weight') && names.includes('head.bn1.running_mean'));
    await engine.device.close();
  }
});

test('frozen groups have no gradient work in the graph', () => {
  const layout = layoutOf(net, SIZE);
  const weightGradients = (first: number) =>
    buildTrainStep(net, layout, {
      batch: N,
      size: SIZE,
      input: 'pictures',
      trained: (s) => s.group >= first,
      batchStatistics: (g) => g >= 2,
      optimizer: adamw(),
    }).graph.nodes.filter((n) => n.op === 'ConvWeightGrad' || n.op === 'ConvInputGrad').length;
  assert.equal(weightGradients(2), 0);
  // Two weights, and the gradient that passes from one to the other.
  assert.equal(weightGradients(1), 3);
  assert.equal(weightGradients(0), 5);
});

test('a fixed body steps on its features as on pictures', async () => {
  const whole = await engineAt(2, false);
  const split = await engineAt(2, false);
  for (let i = 0; i < 3; i++) {
    const a = await whole.step({ pictures, size: SIZE }, targets, settings);
    const features = await split.features(pictures, N, SIZE);
    assert.equal(features.length, N * sizeOf(split.layout.features));
    const b = await split.step({ features }, targets, settings);
    assert.ok(Math.abs(a - b) < 1e-4, `losses ${a} and ${b}`);
  }
  const logits = await whole.predict(pictures, N, SIZE);
  const fromFeatures = await split.predictHead(await split.features(pictures, N, SIZE), N);
  assert.ok(logits.every((v, i) => Math.abs(v - (fromFeatures[i] ?? Number.NaN)) < 1e-3));
  await whole.device.close();
  await split.device.close();
});

test('both layouts train alike', async (t) => {
  const { block } = await device.info();
  if (block === 0) return t.skip('this processor has no blocked layout');
  for (const trainNorm of [false, true]) {
    const plain = await engineAt(0, trainNorm, 0);
    const blocked = await engineAt(0, trainNorm, block);
    for (let i = 0; i < 3; i++) {
      const a = await plain.step({ pictures, size: SIZE }, targets, settings);
      const b = await blocked.step({ pictures, size: SIZE }, targets, settings);
      assert.ok(Math.abs(a - b) < 2e-3, `step ${i}, norms ${trainNorm}: losses ${a} and ${b}`);
    }
    await plain.device.close();
    await blocked.device.close();
  }
});

test('the same seed gives the same losses, and a restored snapshot goes on as before', async () => {
  const a = await engineAt(0, false);
  const b = await engineAt(0, false);
  const losses: number[] = [];
  for (let i = 0; i < 2; i++) losses.push(await a.step({ pictures, size: SIZE }, targets, settings));
  const state = await a.snapshot();
  for (let i = 0; i < 2; i++) losses.push(await a.step({ pictures, size: SIZE }, targets, settings));
  await b.restore(state);
  for (const expected of losses.slice(2)) {
    assert.equal(await b.step({ pictures, size: SIZE }, targets, settings), expected);
  }
  await a.device.close();
  await b.device.close();
});

test('training lowers the loss, and predictions follow the parameters', async () => {
  const engine = await engineAt(0, false);
  const first = await engine.step({ pictures, size: SIZE }, targets, settings);
  const before = await engine.predict(pictures, N, SIZE);
  let last = first;
  for (let i = 0; i < 30; i++) last = await engine.step({ pictures, size: SIZE }, targets, settings);
  assert.ok(last < first / 2, `from ${first} to ${last}`);
  assert.notDeepEqual(await engine.predict(pictures, N, SIZE), before);
  await engine.device.close();
});

test('memory is flat over 1,000 steps', async () => {
  const engine = await engineAt(0, true);
  const steps = async (n: number) => {
    for (let i = 0; i < n; i++) await engine.step({ pictures, size: SIZE }, targets, settings);
  };
  // What is freed between steps is reused after the first few hundred.
  await steps(300);
  const before = process.memoryUsage.rss();
  await steps(1000);
  const grown = (process.memoryUsage.rss() - before) / 2 ** 20;
  assert.ok(grown < 64, `${grown.toFixed(0)} MiB more after 1,000 steps`);
  await engine.device.close();
});

test('the exported graph is an ordinary model with a free batch', async () => {
  const engine = await engineAt(0, false);
  const model = await engine.exportModel(SIZE, { 'onecycle.classes': '["a","b","c"]' });
  const id = await device.load(model);
  const image = Float32Array.from(pictures, (v) => v / 255);
  const { logits } = await device.run(id, {
    feeds: { image: { dtype: 'float32', dims: [N, 3, SIZE, SIZE], data: image } },
    resident: {},
    keep: {},
    fetch: ['logits', 'probabilities'],
  });
  assert.ok(logits?.dtype === 'float32');
  const expected = await engine.predict(pictures, N, SIZE);
  assert.ok(expected.every((v, i) => Math.abs(v - (logits.data[i] ?? Number.NaN)) < 1e-4));
  await engine.device.close();
});

test('a lowered step holds operators of ONNX Runtime only', () => {
  const layout = layoutOf(net, SIZE);
  const step = buildTrainStep(net, layout, {
    batch: N,
    size: SIZE,
    input: 'pictures',
    trained: () => true,
    batchStatistics: () => true,
    optimizer: sgd(),
  });
  const plain = lower(step.graph, { block: 0 });
  assert.deepEqual(
    plain.nodes.filter((n) => n.domain !== '' && n.domain !== 'com.microsoft'),
    [],
  );
  assert.ok(step.graph.nodes.some((n) => n.domain === 'onecycle'));
  assert.ok(writeModel(modelOf(plain)).length > 0);
});
