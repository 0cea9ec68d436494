import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { cnnLearner } from '../cnn-learner.js';
import { UserError } from '../core/errors.js';
import { Rng, Stream } from '../core/rng.js';
import type { ImageBatch } from '../data/batch.js';
import { generateSampleSet, ImageDataBunch } from '../data/index.js';
import { Int8Error } from '../engine/int8-error.js';
import type { Network } from '../engine/network.js';
import type { TensorData } from '../graph/types.js';
import { models } from '../nn/models/index.js';
import type { ProgramId, RunRequest } from '../runtime/device.js';
import { LocalDevice } from '../runtime/node/local-device.js';
import { measuredChoices } from '../runtime/node/measured-choices.js';
import { type FeaturePrecision, FeaturePrecisions } from './feature-precision.js';
import type { Learner } from './learner.js';
import { accuracy } from './metrics/index.js';
import { TinyData, tinyLearner } from './testing/tiny-learner.js';

const root = await mkdtemp(join(tmpdir(), 'onecycle-precision-'));
after(() => rm(root, { recursive: true }));

describe('the choice', () => {
  /** An engine whose features take as long, and are as far off, as one likes. */
  function machine({ int8 = 10, float32 = 20, off = 0.1, refuses = false, fails = false, pictures = 5000 } = {}) {
    let time = 0;
    const loaded = new Set<string>();
    const counts = { quantised: 0, runs: 0 };
    const notices: string[] = [];
    const noise = { busy: (_run: number) => 1 };
    const network: Network = {
      ...{ arch: models.resnet18, classes: 2, head: { kind: 'concat-pool' } },
      ...{ mean: [0, 0, 0], std: [1, 1, 1] },
    };
    const values = new Map([['conv1.weight', Float32Array.of(1, 2)]]);
    const engine = {
      network,
      values: async () => values,
      isQuantised: (size: number) => loaded.has(`int8 ${size}`),
      async quantiseBody(_batches: unknown, size: number): Promise<void> {
        if (refuses) throw new Int8Error('no such kernel');
        loaded.add(`int8 ${size}`);
        counts.quantised++;
      },
      async forgetBody(size: number, precision: FeaturePrecision): Promise<void> {
        loaded.delete(`${precision} ${size}`);
      },
      async features(_images: Uint8Array, n: number, size: number, precision: FeaturePrecision = 'float32') {
        if (fails && precision === 'int8') throw new Int8Error('no room');
        loaded.add(`${precision} ${size}`);
        time += (precision === 'int8' ? int8 : float32) * noise.busy(counts.runs++);
        return new Float32Array(4 * n).fill(precision === 'int8' ? 1 + off : 1);
      },
    };
    const data = {
      ...{ bs: 64, size: 64, length: () => pictures },
      notice: (text: string) => void notices.push(text),
      async *batches(): AsyncGenerator<ImageBatch> {
        const batch = {
          images: new Uint8Array(64 * 3),
          labels: new Int32Array(64),
          indices: new Int32Array(64),
          n: 64,
        };
        for (;;) yield batch;
      },
    };
    const choices = new Map<string, string>();
    const memory = {
      recall: async (about: string) => choices.get(about),
      remember: async (about: string, choice: string) => void choices.set(about, choice),
    };
    const of = (wanted: FeaturePrecision | 'auto') => new FeaturePrecisions(engine, data, wanted, memory, () => time);
    return { of, choices, loaded, counts, notices, noise, values };
  }

  test('is int8 where that is faster and close enough, and is kept for the next run', async () => {
    const { of, choices, counts } = machine();
    const first = of('auto');
    assert.equal(await first.of(64), 'int8');
    assert.equal(await first.of(64), 'int8');
    assert.deepEqual(first.made, { 64: 'int8' });
    assert.equal(counts.quantised, 1);
    const [[about, choice] = []] = choices;
    assert.match(String(about), /^features of resnet18 with weights [0-9a-f]{8} at 64 px$/);
    assert.equal(choice, 'int8');
  });

  test('is what was chosen before for these weights, without timing; those that are not chosen leave the device', async () => {
    const { of, choices, counts, loaded, values } = machine({ int8: 30 });
    assert.equal(await of('auto').of(64), 'float32');
    assert.deepEqual([...loaded], ['float32 64']);
    const { runs } = counts;
    assert.equal(await of('auto').of(64), 'float32');
    assert.deepEqual(counts, { quantised: 1, runs });
    values.set('conv1.weight', Float32Array.of(3));
    for (const about of choices.keys()) choices.set(about, 'int8');
    assert.equal(await of('auto').of(64), 'float32');
    assert.equal(counts.quantised, 2);
  });

  test('that was kept still needs features that are close: other pictures may be further off', async () => {
    const near = machine();
    await near.of('auto').of(64);
    const runs = near.counts.runs;
    assert.equal(await near.of('auto').of(64), 'int8');
    assert.equal(near.counts.runs, runs + 2);
    const far = machine({ off: 0.5 });
    for (const about of near.choices.keys()) far.choices.set(about, 'int8');
    assert.equal(await far.of('auto').of(64), 'float32');
    assert.deepEqual([...far.choices.values()], ['int8']);
  });

  test('of int8 leaves float32 on the device at the size at which it validates, only', async () => {
    const { of, loaded } = machine();
    const precisions = of('auto');
    await precisions.of(64);
    await precisions.of(32);
    assert.deepEqual([...loaded].sort(), ['float32 64', 'int8 32', 'int8 64']);
  });

  for (const [why, how] of [
    ['it is not faster', { int8: 18 }],
    ['it is too far off', { off: 0.5 }],
    ['its features are no numbers', { off: Number.NaN }],
    ['there are few pictures', { pictures: 2999 }],
  ] as const) {
    test(`is float32 where ${why}`, async () => {
      const { of, loaded, notices } = machine(how);
      assert.equal(await of('auto').of(64), 'float32');
      assert.ok(!loaded.has('int8 64'));
      assert.deepEqual(notices, []);
    });
  }

  test('on a machine that something else slows down by turns is what it is on one of its own, or is not kept', async () => {
    let kept = 0;
    for (let seed = 0; seed < 40; seed++) {
      const { of, choices, noise } = machine({ int8: seed % 2 === 0 ? 10 : 24 });
      const rng = new Rng(seed, Stream.sample);
      // Two runs of five are not slowed down, the others take up to four times as long.
      noise.busy = () => rng.uniform(1, 1.02) * Math.max(1, rng.uniform(-1, 4));
      await of('auto').of(64);
      for (const choice of choices.values()) assert.equal(choice, seed % 2 === 0 ? 'int8' : 'float32', `seed ${seed}`);
      kept += choices.size;
    }
    assert.ok(kept > 30, `${kept} of 40 were kept`);
  });

  test('is not kept where the machine is too busy to tell', async () => {
    const { of, choices, noise, notices } = machine({ int8: 16 });
    noise.busy = (run) => 1.3 ** (30 - run);
    const precision = await of('auto').of(64);
    assert.equal(choices.size, 0);
    assert.match(notices.join(), new RegExp(`too busy .* resnet18 .* computed in ${precision}, .* measures again`));
  });

  test('near the bound is kept: either is as good, and a seed gives the same numbers again', async () => {
    const { of, choices, noise } = machine({ int8: 20 / 1.2 });
    noise.busy = (run) => 1 + 0.02 * (run % 5);
    const precision = await of('auto').of(64);
    assert.deepEqual([...choices.values()], [precision]);
  });

  for (const [what, how] of [
    ['cannot be quantised', { refuses: true }],
    ['does not run', { fails: true }],
  ] as const) {
    test(`of auto is float32 where int8 ${what}: this is told, and tried again in the next run`, async () => {
      const { of, choices, loaded, notices } = machine(how);
      const precisions = of('auto');
      assert.equal(await precisions.of(64), 'float32');
      assert.deepEqual(precisions.made, { 64: 'float32' });
      assert.equal(choices.size, 0);
      assert.ok(!loaded.has('int8 64'));
      assert.match(notices.join(), /resnet18 could not be run in int8 here \(no (such kernel|room)\); .* in float32/);
    });
  }

  test('of a user stands, and what cannot be is told', async () => {
    assert.equal(await machine({ int8: 50, off: 9 }).of('int8').of(64), 'int8');
    assert.equal(await machine().of('float32').of(64), 'float32');
    await assert.rejects(
      machine({ refuses: true }).of('int8').of(64),
      (error) =>
        error instanceof UserError &&
        /resnet18 could not be run in int8 here.*take float32.*--feature-precision/.test(error.message),
    );
  });

  test('that a checkpoint brings is made again', async () => {
    const precisions = machine({ int8: 50 }).of('auto');
    precisions.made = { 64: 'int8' };
    assert.equal(await precisions.of(64), 'int8');
  });
});

describe('what was measured', () => {
  const home = process.env.ONECYCLE_HOME;
  before(() => {
    process.env.ONECYCLE_HOME = join(root, 'home');
  });
  after(() => {
    if (home === undefined) delete process.env.ONECYCLE_HOME;
    else process.env.ONECYCLE_HOME = home;
  });

  test('is kept in the cache folder, and a damaged file there is as good as none', async () => {
    assert.equal(await measuredChoices.recall('this'), undefined);
    await measuredChoices.remember('this', 'int8');
    await measuredChoices.remember('that', 'float32');
    assert.equal(await measuredChoices.recall('this'), 'int8');
    assert.equal(await measuredChoices.recall('that'), 'float32');
    const file = join(root, 'home', 'choices.json');
    assert.match(await readFile(file, 'utf8'), /ONNX Runtime \d/);
    await writeFile(file, '{"this": 1');
    assert.equal(await measuredChoices.recall('this'), undefined);
    await measuredChoices.remember('this', 'float32');
    assert.equal(await measuredChoices.recall('this'), 'float32');
  });
});

describe('int8 that fails while it runs', () => {
  /** Runs int8 a number of times, and then no more. */
  class FailingDevice extends LocalDevice {
    readonly int8 = new Set<ProgramId>();

    constructor(private works: number) {
      super();
    }

    override async load(model: Uint8Array): Promise<ProgramId> {
      const id = await super.load(model);
      if (Buffer.from(model).includes('DequantizeLinear')) this.int8.add(id);
      return id;
    }

    override async unload(program: ProgramId): Promise<void> {
      await super.unload(program);
      this.int8.delete(program);
    }

    override async run(program: ProgramId, request: RunRequest): Promise<Record<string, TensorData>> {
      if (this.int8.has(program) && this.works-- <= 0) throw new Error('no room');
      return super.run(program, request);
    }
  }

  async function learnerOn(device: FailingDevice, featurePrecision: FeaturePrecision | 'auto', data = new TinyData()) {
    const learner = await tinyLearner({ featurePrecision, trainBn: false }, data, () => device);
    learner.freeze();
    return learner;
  }

  test('ends a run that wants it, and says what to do', async () => {
    const learner = await learnerOn(new FailingDevice(2), 'int8');
    try {
      await assert.rejects(
        learner.fitOneCycle(1),
        (error) =>
          error instanceof UserError &&
          error.message ===
            'tiny could not be run in int8 here (no room); take float32, or auto, for featurePrecision (--feature-precision)',
      );
    } finally {
      await learner.close();
    }
  });

  test('with auto gives way to float32 for all pictures, tells so, and leaves the device', async () => {
    const file = join(root, 'elsewhere');
    const before = await learnerOn(new FailingDevice(Number.POSITIVE_INFINITY), 'int8');
    await before.fitOneCycle(1);
    await before.save(file);
    await before.close();
    const lossesOn = async (device: FailingDevice, data = new TinyData()) => {
      const learner = await learnerOn(device, 'auto', data);
      try {
        await learner.load(file);
        await learner.fitOneCycle(2);
        assert.deepEqual(learner.featurePrecisions, { 16: 'float32' });
        assert.equal(device.int8.size, 0);
        return learner.recorder.history.losses;
      } finally {
        await learner.close();
      }
    };
    const data = new TinyData();
    // Half way through a pass.
    const losses = await lossesOn(new FailingDevice(2), data);
    assert.deepEqual(data.notices, [
      'tiny could not be run in int8 here (no room); its features are computed in float32',
    ]);
    assert.deepEqual(losses, await lossesOn(new FailingDevice(0)));
  });
});

describe('a head trained on int8 features', () => {
  before(() =>
    generateSampleSet(join(root, 'pictures'), { classes: ['circle', 'rings', 'star', 'stripes'], perClass: 24 }),
  );

  async function trained<T>(
    featurePrecision: FeaturePrecision,
    epochs: number,
    use: (learner: Learner) => Promise<T>,
  ): Promise<T> {
    const data = await ImageDataBunch.fromFolder(join(root, 'pictures'), { size: 64, bs: 16, workers: 0 });
    const learner = await cnnLearner(data, models.efficientnet_lite0, { featurePrecision });
    try {
      await learner.fitOneCycle(epochs, { maxLr: 0.01 });
      return await use(learner);
    } finally {
      await learner.close();
    }
  }
  const losses = async ({ recorder }: Learner) => [...recorder.history.losses];

  test('learns, is the same each time, and predicts in float32', async () => {
    const float = await trained('float32', 1, losses);
    const file = join(root, 'stage');
    const [int8, share] = await trained('int8', 2, async (learner) => {
      const { preds, targets } = await learner.getPreds();
      // One picture goes through the whole network in float32.
      const alone = await learner.predict(learner.data.file('valid', 0));
      alone.probabilities.forEach((p, c) => {
        assert.ok(Math.abs(p - (preds.data[c] ?? 0)) < 1e-3);
      });
      await learner.save(file);
      return [await losses(learner), accuracy(preds, targets)] as const;
    });
    assert.ok(share > 0.6, `accuracy ${share}`);
    assert.notEqual(int8[0], float[0]);
    await trained('float32', 0, async (learner) => {
      await learner.load(file);
      assert.deepEqual(learner.featurePrecisions, { 64: 'int8' });
    });
    assert.deepEqual(await trained('int8', 2, losses), int8);
  });
});
