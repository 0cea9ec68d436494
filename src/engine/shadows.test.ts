import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { LocalDevice } from '../runtime/node/local-device.js';
import { Engine, type StepSettings } from './engine.js';
import { adamw } from './optimizers/index.js';
import { N, pictures, SIZE, targets, tinyNet } from './testing/tiny.js';
import { initialValues } from './values.js';

const engines: Engine[] = [];
after(() => Promise.all(engines.map((engine) => engine.device.close())));

async function makeEngine(firstTrained = 0): Promise<Engine> {
  const engine = new Engine(new LocalDevice(), tinyNet, { optimizer: adamw(), seed: 3 });
  engines.push(engine);
  await engine.setValues(initialValues(engine.layout, 3));
  await engine.freeze({ firstTrained, trainNorm: false });
  return engine;
}

const settings: StepSettings = { lr: [1e-2, 1e-2, 1e-2], weightDecay: 0.01, momentum: 0.9 };
const step = (engine: Engine) => engine.step({ pictures, size: SIZE }, targets, settings);
const flat = async (engine: Engine, shadow?: string) =>
  Float64Array.from([...(await engine.values(shadow)).values()].flatMap((v) => [...v]));
const logits = (engine: Engine) => engine.predict(pictures, N, SIZE);

test('a shadow is the moving average of the values, with a frozen body too', async () => {
  for (const firstTrained of [0, 2]) {
    const engine = await makeEngine(firstTrained);
    await engine.blend('ema', 0.25);
    let expected = await flat(engine);
    for (let i = 0; i < 3; i++) {
      await step(engine);
      await engine.blend('ema', 0.25);
      const now = await flat(engine);
      expected = expected.map((v, j) => v + 0.25 * ((now[j] ?? 0) - v));
    }
    const shadow = await flat(engine, 'ema');
    assert.ok(shadow.every((v, j) => Math.abs(v - (expected[j] ?? Number.NaN)) < 1e-5));
    assert.notDeepEqual(shadow, await flat(engine));
  }
});

test('after a swap predictions are those of the shadow, and a second swap puts all back', async () => {
  const engine = await makeEngine();
  const before = await logits(engine);
  await engine.blend('ema', 0.5);
  for (let i = 0; i < 2; i++) await step(engine);
  const trained = await logits(engine);
  const values = await flat(engine);
  assert.notDeepEqual(trained, before);
  await engine.swap('ema');
  assert.deepEqual(await logits(engine), before);
  await engine.swap('ema');
  assert.deepEqual(await logits(engine), trained);
  assert.deepEqual(await flat(engine), values);
});

test('a snapshot holds shadows', async () => {
  const engine = await makeEngine();
  await engine.blend('ema', 0.5);
  await step(engine);
  await engine.blend('ema', 0.5);
  const other = await makeEngine();
  await other.restore(await engine.snapshot());
  for (const e of [engine, other]) {
    await step(e);
    await e.blend('ema', 0.5);
  }
  assert.deepEqual(await flat(other, 'ema'), await flat(engine, 'ema'));
});

test('statistics become the mean over batches, and parameters stay', async () => {
  const engine = await makeEngine();
  const names = (of: ReadonlyMap<string, Float32Array>) => [...of.keys()].filter((n) => /running_/.test(n));
  const copied = async () => new Map([...(await engine.values())].map(([k, v]) => [k, v.slice()]));
  const before = await copied();
  const half = { pictures: pictures.slice(0, pictures.length / 2), size: SIZE };
  const rest = { pictures: pictures.slice(pictures.length / 2), size: SIZE };
  await engine.updateStatistics(half, N / 2, 1, 0);
  const first = await copied();
  await engine.updateStatistics(rest, N / 2, 1, 1);
  const second = await copied();
  await engine.updateStatistics(half, N / 2, 1, 0);
  await engine.updateStatistics(rest, N / 2, 1 / 2, 1);
  const mean = await copied();
  for (const [name, values] of mean) {
    if (!names(mean).includes(name)) assert.deepEqual(values, before.get(name), name);
  }
  // The head's norms follow the batch, the body's do not.
  for (const name of names(mean).filter((n) => n.startsWith('head.'))) {
    mean.get(name)?.forEach((v, i) => {
      const expected = ((first.get(name)?.[i] ?? 0) + (second.get(name)?.[i] ?? 0)) / 2;
      assert.ok(Math.abs(v - expected) < 1e-5 * Math.max(1, Math.abs(expected)), `${name} ${v} ${expected}`);
    });
    assert.notDeepEqual(mean.get(name), before.get(name));
  }
});
