import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { cnnLearner } from '../cnn-learner.js';
import { UserError } from '../core/errors.js';
import type { ImageBatch } from '../data/batch.js';
import { generateSampleSet, ImageDataBunch } from '../data/index.js';
import type { Network } from '../engine/network.js';
import { models } from '../nn/models/index.js';
import { measuredChoices } from '../runtime/node/measured-choices.js';
import { type FeaturePrecision, FeaturePrecisions } from './feature-precision.js';
import type { Learner } from './learner.js';
import { accuracy } from './metrics/index.js';

const root = await mkdtemp(join(tmpdir(), 'onecycle-precision-'));
after(() => rm(root, { recursive: true }));

describe('the choice', () => {
  /** An engine whose features take as long, and are as far off, as one likes. */
  function machine({ int8 = 10, float32 = 20, off = 0.1, refuses = false, pictures = 5000 } = {}) {
    let time = 0;
    let quantised = 0;
    const network: Network = {
      ...{ arch: models.resnet18, classes: 2, head: { kind: 'concat-pool' } },
      ...{ mean: [0, 0, 0], std: [1, 1, 1] },
    };
    const engine = {
      network,
      isQuantised: () => quantised > 0,
      async quantiseBody(): Promise<void> {
        if (refuses) throw new Error('no such kernel');
        quantised++;
      },
      async features(_images: Uint8Array, n: number, _size: number, precision: FeaturePrecision = 'float32') {
        time += precision === 'int8' ? int8 : float32;
        return new Float32Array(4 * n).fill(precision === 'int8' ? 1 + off : 1);
      },
    };
    const data = {
      bs: 64,
      length: () => pictures,
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
    return { of, choices, quantised: () => quantised };
  }

  test('is int8 where that is faster and close enough, and is kept for the next run', async () => {
    const { of, choices, quantised } = machine();
    const first = of('auto');
    assert.equal(await first.of(64), 'int8');
    assert.equal(await first.of(64), 'int8');
    assert.deepEqual(first.made, { 64: 'int8' });
    assert.equal(quantised(), 1);
    assert.deepEqual([...choices], [['features of resnet18 at 64 px', 'int8']]);
  });

  test('is what was chosen before, without measuring', async () => {
    const { of, choices, quantised } = machine();
    choices.set('features of resnet18 at 64 px', 'float32');
    assert.equal(await of('auto').of(64), 'float32');
    assert.equal(quantised(), 0);
  });

  for (const [why, how] of [
    ['it is not faster', { int8: 18 }],
    ['it is too far off', { off: 0.5 }],
    ['the network cannot be run in int8', { refuses: true }],
    ['there are few pictures', { pictures: 2999 }],
  ] as const) {
    test(`is float32 where ${why}`, async () => {
      assert.equal(await machine(how).of('auto').of(64), 'float32');
    });
  }

  test('of a user stands, and what cannot be is told', async () => {
    assert.equal(await machine({ int8: 50, off: 9 }).of('int8').of(64), 'int8');
    assert.equal(await machine().of('float32').of(64), 'float32');
    await assert.rejects(
      machine({ refuses: true }).of('int8').of(64),
      (error) => error instanceof UserError && /resnet18 cannot be run in int8/.test(error.message),
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
