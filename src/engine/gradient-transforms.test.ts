import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { LocalDevice } from '../runtime/node/local-device.js';
import { Engine, type StepSettings } from './engine.js';
import { adamw, OPTIMIZERS, type OptimizerName, sgd } from './optimizers/index.js';
import { N, pictures, SIZE, targets, tinyNet } from './testing/tiny.js';
import { initialValues } from './values.js';

const engines: Engine[] = [];
after(() => Promise.all(engines.map((engine) => engine.device.close())));

/** All layers trained, batch norms with their statistics: what a picture gives does not depend on the others of its batch. */
async function engineWith(optimizer = sgd({ momentum: 0 })): Promise<Engine> {
  const network = { ...tinyNet, head: { kind: 'original' } } as const;
  const engine = new Engine(new LocalDevice(), network, { optimizer, seed: 3 });
  engines.push(engine);
  await engine.setValues(initialValues(engine.layout, 3));
  await engine.freeze({ firstTrained: 0, trainNorm: false });
  return engine;
}

const settings: StepSettings = { lr: [1, 1, 1], weightDecay: 0, momentum: 0 };
const step = (engine: Engine, s: StepSettings) => engine.step({ pictures, size: SIZE }, targets, s);

async function flatValues(engine: Engine): Promise<Float64Array> {
  return Float64Array.from([...(await engine.values()).values()].flatMap((v) => [...v]));
}

/** With SGD at rate 1, how parameters change is the gradient that the optimizer saw. */
async function gradientOf(s: StepSettings): Promise<Float64Array> {
  const engine = await engineWith();
  const before = await flatValues(engine);
  await step(engine, s);
  const now = await flatValues(engine);
  return before.map((v, i) => v - (now[i] ?? 0));
}

const norm = (x: Float64Array) => Math.hypot(...x);

function assertClose(a: Float64Array, b: Float64Array, tolerance: number): void {
  assert.equal(a.length, b.length);
  for (const [i, v] of a.entries()) {
    assert.ok(Math.abs(v - (b[i] ?? Number.NaN)) < tolerance, `value ${i}: ${v} and ${b[i]}`);
  }
}

test('clipping by norm bounds the norm of all gradients together and keeps their direction', async () => {
  const plain = await gradientOf(settings);
  const whole = norm(plain);
  const bound = whole / 4;
  const clipped = await gradientOf({ ...settings, clip: { norm: bound } });
  assertClose(
    clipped,
    plain.map((v) => v / 4),
    1e-6,
  );
  assertClose(await gradientOf({ ...settings, clip: { norm: 2 * whole } }), plain, 1e-7);
});

test('clipping by value bounds each value', async () => {
  const plain = await gradientOf(settings);
  const bound = Math.max(...plain.map(Math.abs)) / 10;
  const clipped = await gradientOf({ ...settings, clip: { value: bound } });
  assertClose(
    clipped,
    plain.map((v) => Math.min(bound, Math.max(-bound, v))),
    1e-6,
  );
});

for (const name of ['sgd', 'adamw', 'lamb'] satisfies OptimizerName[]) {
  test(`${name}: batches that make one step change parameters as one large batch does`, async () => {
    const large = await engineWith(OPTIMIZERS[name]());
    const small = await engineWith(OPTIMIZERS[name]());
    const s: StepSettings = { lr: [1e-2, 1e-2, 1e-2], weightDecay: 0.01, momentum: 0.9, clip: { norm: 1 } };
    const parts = 4;
    const rows = N / parts;
    for (let t = 0; t < 3; t++) {
      await step(large, s);
      const before = await flatValues(small);
      for (let index = 0; index < parts; index++) {
        if (index > 0) assertClose(await flatValues(small), before, 1e-12);
        const cut = {
          pictures: pictures.slice((index * pictures.length) / parts, ((index + 1) * pictures.length) / parts),
          size: SIZE,
        };
        await small.step(cut, targets.slice(index * rows * 3, (index + 1) * rows * 3), {
          ...s,
          accumulate: { index, of: parts },
        });
      }
      assertClose(await flatValues(small), await flatValues(large), 2e-5);
    }
  });
}

test('a snapshot in the middle of a step holds the gradients so far', async () => {
  const s = (index: number): StepSettings => ({ ...settings, lr: [1e-2, 1e-2, 1e-2], accumulate: { index, of: 2 } });
  const whole = await engineWith(adamw());
  await step(whole, s(0));
  const state = await whole.snapshot();
  await step(whole, s(1));
  const resumed = await engineWith(adamw());
  await resumed.restore(state);
  await step(resumed, s(1));
  assert.deepEqual(await flatValues(resumed), await flatValues(whole));
});

test("another optimizer's state is not taken up: the optimizer begins anew", async () => {
  const a = await engineWith(adamw());
  for (let i = 0; i < 3; i++) await step(a, { ...settings, lr: [1e-2, 1e-2, 1e-2] });
  const state = await a.snapshot();
  const b = await engineWith(OPTIMIZERS.ranger());
  await b.restore(state);
  assert.deepEqual(await flatValues(b), await flatValues(a));
  assert.equal((await b.snapshot()).steps, 0);
});
