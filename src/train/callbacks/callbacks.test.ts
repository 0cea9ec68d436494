import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { UserError } from '../../core/errors.js';
import type { Callback, FitPosition, TrainingState } from '../callback.js';
import type { Learner } from '../learner.js';
import type { LearnerOptions } from '../learner-options.js';
import { flatCos } from '../schedules.js';
import { TinyData, tinyLearner } from '../testing/tiny-learner.js';
import {
  CutMix,
  EarlyStopping,
  EMA,
  GradientAccumulation,
  GradientClip,
  MixUp,
  ProgressiveResizing,
  ReduceLROnPlateau,
  SaveModel,
  StopAfterNBatches,
  SWA,
  TerminateOnNaN,
  Timer,
} from './index.js';

const root = await mkdtemp(join(tmpdir(), 'onecycle-callbacks-'));
after(() => rm(root, { recursive: true }));

async function withLearner<T>(
  use: (learner: Learner) => Promise<T>,
  options: LearnerOptions = {},
  data?: TinyData,
): Promise<T> {
  const learner = await tinyLearner(options, data);
  try {
    return await use(learner);
  } finally {
    await learner.close();
  }
}

const flat = async (learner: Learner, shadow?: string) =>
  Float64Array.from([...(await learner.engine.values(shadow)).values()].flatMap((v) => [...v]));
const near = (a: Float64Array, b: Float64Array, tolerance: number) =>
  a.length === b.length && a.every((v, i) => Math.abs(v - (b[i] ?? Number.NaN)) <= tolerance);

/** A callback that sets something of the state at a moment. */
const setting = (
  moment: 'onEpochBegin' | 'onBatchBegin' | 'onBatchEnd' | 'onValidateBegin' | 'onEpochEnd',
  values: (state: TrainingState) => Partial<TrainingState>,
): Callback => ({ [moment]: (state: TrainingState) => void Object.assign(state, values(state)) });

/** Replaces the validation loss that callbacks after it see. */
const pretending = (losses: readonly number[]): Callback => ({
  order: -200,
  onEpochEnd(_state, result) {
    Object.assign(result, { validLoss: losses[result.epoch] });
  },
});

test('moments come in their order, callbacks in theirs', async () => {
  const calls: string[] = [];
  const moments = [
    'onTrainBegin',
    'onEpochBegin',
    'onBatchBegin',
    'onBatchEnd',
    'onValidateBegin',
    'onValidateEnd',
    'onEpochEnd',
    'onTrainEnd',
  ] as const;
  const watch = (mark: string, order: number): Callback => ({
    order,
    ...Object.fromEntries(moments.map((m) => [m, () => void calls.push(`${mark}${m.slice(2)}`)])),
  });
  await withLearner((learner) =>
    learner.fit(1, 1e-3, {
      callbacks: [watch('b', 1), watch('a', -1), setting('onBatchBegin', (s) => ({ skip: s.batch > 0 }))],
    }),
  );
  const both = (moment: string) => [`a${moment}`, `b${moment}`];
  assert.deepEqual(calls, [
    ...['TrainBegin', 'EpochBegin', 'BatchBegin', 'BatchEnd', 'BatchBegin', 'BatchBegin'].flatMap(both),
    ...['ValidateBegin', 'ValidateEnd', 'EpochEnd', 'TrainEnd'].flatMap(both),
  ]);
});

test('a callback skips epochs and validation, and ends the fit', async () => {
  await withLearner(async (learner) => {
    const before = await flat(learner);
    const skipping: Callback = {
      ...setting('onEpochBegin', (s) => ({ skip: s.epoch < 2 })),
      ...setting('onValidateBegin', () => ({ skip: true })),
    };
    assert.deepEqual(await learner.fit(2, 1e-3, { callbacks: [skipping] }), { finished: true, epochs: 2 });
    assert.deepEqual(await flat(learner), before);
    await learner.fit(3, 1e-3, { callbacks: [skipping] });
    assert.deepEqual(learner.recorder.valLosses, [undefined]);
    const ending = setting('onEpochEnd', () => ({ finish: true }));
    assert.deepEqual(await learner.fit(3, 1e-3, { callbacks: [ending] }), { finished: true, epochs: 1 });
  });
});

test('EarlyStopping ends after so many epochs without a better value; it must be there', async () => {
  await withLearner(async (learner) => {
    const fit = (callbacks: Callback[]) => learner.fit(8, 1e-4, { callbacks });
    const losses = pretending([3, 2, 2.5, 1.9, 1.95, 1.91, 1, 1]);
    assert.deepEqual(await fit([losses, new EarlyStopping({ patience: 2 })]), { finished: true, epochs: 6 });
    assert.deepEqual(await fit([losses, new EarlyStopping({ minDelta: 0.2 })]), { finished: true, epochs: 3 });
    assert.deepEqual(await fit([losses, new EarlyStopping({ mode: 'max' })]), { finished: true, epochs: 2 });
    await assert.rejects(
      fit([new EarlyStopping({ monitor: 'f1' })]),
      /there is no "f1" to monitor; there are .*accuracy/,
    );
  });
});

test('ReduceLROnPlateau divides all rates, down to a least one', async () => {
  await withLearner(async (learner) => {
    const reduce = new ReduceLROnPlateau({ patience: 2, factor: 10, minLr: 5e-5 });
    await learner.fit(8, 1e-3, { callbacks: [pretending([1, 2, 2, 2, 2, 2, 2, 2]), reduce] });
    const lrs = learner.recorder.lrs.filter((_, i) => i % 3 === 0);
    assert.deepEqual(
      lrs.map((lr) => Number(lr.toPrecision(6))),
      [1e-3, 1e-3, 1e-3, 1e-4, 1e-4, 5e-5, 5e-5, 5e-5],
    );
  });
});

test('TerminateOnNaN says where, and what to do', async () => {
  await withLearner((learner) =>
    assert.rejects(
      learner.fit(1, 1e30, { callbacks: [new TerminateOnNaN()] }),
      (e) => e instanceof UserError && /the loss is .* at epoch 0, batch [12].*GradientClip/.test(e.message),
    ),
  );
});

test('gradients are clipped and accumulated as the engine is told', async () => {
  const seen: (string | undefined)[] = [];
  const watch: Callback = { order: 99, onBatchBegin: (s) => void seen.push(JSON.stringify([s.accumulate, s.clip])) };
  await withLearner(async (learner) => {
    const before = await flat(learner);
    const callbacks = [new GradientClip({ norm: 0.5 }), new GradientAccumulation(2), watch];
    await learner.fit(1, 1e-2, { callbacks });
    assert.notDeepEqual(await flat(learner), before);
    // Three batches: two make a step, the last one makes its own.
    assert.deepEqual(
      seen,
      ['0,2', '1,2', '0,1'].map((at) => {
        const [index, of] = at.split(',').map(Number);
        return JSON.stringify([{ index, of }, { norm: 0.5 }]);
      }),
    );
    assert.equal((await learner.engine.snapshot()).steps, 2);
  });
});

test('EMA is what is validated, and what the learner has in the end', async () => {
  const decay = 0.5;
  const { expected, loss } = await withLearner(async (learner) => {
    let average = await flat(learner);
    const follow: Callback = {
      onBatchEnd: async () => {
        const now = await flat(learner);
        average = average.map((v, i) => v + (1 - decay) * ((now[i] ?? 0) - v));
      },
    };
    await learner.fit(2, 1e-2, { callbacks: [follow] });
    return { expected: average, loss: learner.recorder.valLosses.at(-1) ?? 0 };
  });
  await withLearner(async (learner) => {
    await learner.fit(2, 1e-2, { callbacks: [new EMA({ decay, warmup: false })] });
    assert.ok(near(await flat(learner), expected, 1e-5));
    const own = learner.recorder.valLosses.at(-1) ?? 0;
    assert.equal((await learner.validate()).loss, own);
    assert.notEqual(own, loss);
  });
});

test("SWA averages the last epochs, and its batch norms' statistics are the average's own", async () => {
  await withLearner(async (learner) => {
    const ends: Float64Array[] = [];
    const follow: Callback = { order: -1, onValidateBegin: async () => void ends.push(await flat(learner)) };
    await learner.fit(4, 1e-2, { callbacks: [new SWA({ start: 0.5 }), follow] });
    const names = [...(await learner.engine.values())].flatMap(([name, v]) => [...v].map(() => name));
    const now = await flat(learner);
    const statistics = names.flatMap((name, i) => (/^head.*running_/.test(name) ? [i] : []));
    assert.ok(statistics.every((i) => now[i] !== ends[2]?.[i] && now[i] !== ends[3]?.[i]));
    now.forEach((v, i) => {
      if (/running_/.test(names[i] ?? '')) return;
      const mean = ((ends[2]?.[i] ?? 0) + (ends[3]?.[i] ?? 0)) / 2;
      assert.ok(Math.abs(v - mean) < 1e-6, `${names[i]}: ${v}, wanted ${mean}`);
    });
    assert.equal((await learner.validate()).loss, learner.recorder.valLosses.at(-1));
  });
});

test('SaveModel: the best weights come back and are a file of weights; last and every are checkpoints', async () => {
  const file = (name: string) => join(root, name);
  await withLearner(async (learner) => {
    let best = new Float64Array();
    const follow: Callback = {
      onEpochEnd: async (_state, { epoch }) => {
        if (epoch === 1) best = await flat(learner);
      },
    };
    const saves = [
      new SaveModel({ file: file('best') }),
      new SaveModel({ file: file('last'), when: 'last' }),
      new SaveModel({ file: file('each'), when: 'every' }),
    ];
    await learner.fit(3, 1e-2, { callbacks: [pretending([2, 1, 3]), follow, ...saves] });
    assert.deepEqual(await flat(learner), best);
    for (const name of ['best', 'last', 'each_0', 'each_1', 'each_2']) {
      assert.ok(existsSync(file(`${name}.safetensors`)), name);
    }
    await learner.load(file('last'));
    assert.equal(learner.recorder.losses.length, 9);
    assert.notDeepEqual(await flat(learner), best);
    await assert.rejects(learner.load(file('best')), /not a checkpoint/);
  });
  assert.throws(() => new SaveModel({ file: '' }), UserError);
});

test('StopAfterNBatches ends early, with validation; Timer knows each epoch', async () => {
  await withLearner(async (learner) => {
    const timer = new Timer();
    const outcome = await learner.fit(4, 1e-3, { callbacks: [new StopAfterNBatches(4), timer] });
    assert.deepEqual(outcome, { finished: true, epochs: 2 });
    assert.equal(learner.recorder.losses.length, 4);
    assert.ok(learner.recorder.valLosses.every((v) => v !== undefined));
    assert.equal(timer.epochs.length, 2);
    for (const { data, steps, validation } of timer.epochs) assert.ok(data > 0 && steps > 0 && validation > 0);
  });
});

test('ProgressiveResizing trains on growing pictures and validates at their full size', async () => {
  const data = new TinyData();
  await withLearner(
    async (learner) => {
      await learner.fit(5, 1e-3, { callbacks: [new ProgressiveResizing([8, 12, 16])] });
      assert.deepEqual(data.sizes, [8, 8, 12, 12, 16]);
      assert.equal((await learner.validate()).loss, learner.recorder.valLosses.at(-1));
    },
    {},
    data,
  );
});

for (const [name, make] of [
  ['MixUp', () => new MixUp()],
  ['CutMix', () => new CutMix()],
] as const) {
  test(`${name} mixes pictures and their targets, of a fixed body too`, async () => {
    const batches: TrainingState['input'][] = [];
    const sums: number[] = [];
    const watch: Callback = {
      order: 99,
      onBatchBegin(state) {
        batches.push(state.input);
        for (let i = 0; i < state.targets.length; i += 3) {
          sums.push((state.targets[i] ?? 0) + (state.targets[i + 1] ?? 0) + (state.targets[i + 2] ?? 0));
        }
      },
    };
    await withLearner(
      async (learner) => {
        learner.freeze();
        await learner.fit(1, 1e-3, { callbacks: [make(), watch] });
      },
      { trainBn: false },
    );
    assert.ok(batches.every((input) => 'pictures' in input));
    assert.ok(sums.every((sum) => Math.abs(sum - 1) < 1e-6));
  });
}

test('two callbacks of one name, and options that cannot be, are errors', async () => {
  await withLearner((learner) =>
    assert.rejects(learner.fit(1, 1e-3, { callbacks: [new EMA(), new EMA()] }), /two callbacks are named "EMA"/),
  );
  const bad: readonly (() => unknown)[] = [
    () => new EarlyStopping({ patience: 0 }),
    () => new EarlyStopping({ minDelta: -1 }),
    () => new ReduceLROnPlateau({ factor: 1 }),
    () => new ReduceLROnPlateau({ minLr: -1 }),
    () => new EMA({ decay: 1 }),
    () => new SWA({ start: 1 }),
    () => new GradientClip({ norm: 0 }),
    () => new GradientClip({ value: Number.NaN }),
    () => new GradientAccumulation(0),
    () => new StopAfterNBatches(1.5),
    () => new ProgressiveResizing([]),
    () => new MixUp(0),
    () => new CutMix(Number.NaN),
  ];
  for (const make of bad) assert.throws(make, UserError, String(make));
});

test('a fit that is stopped again and again and resumed from checkpoints is one that was not', async () => {
  const callbacks = () => [
    new EMA({ decay: 0.9 }),
    new GradientAccumulation(2),
    new GradientClip({ norm: 1 }),
    new EarlyStopping({ patience: 2, monitor: 'trainLoss' }),
    new ReduceLROnPlateau({ monitor: 'trainLoss', minDelta: 0.5 }),
    new MixUp(),
    new SaveModel({ file: join(root, 'resumed-best') }),
  ];
  const options = { optimizer: 'ranger', schedule: flatCos() } as const;
  const whole = await withLearner(
    async (learner) => {
      await learner.fit(4, 1e-2, { ...options, callbacks: callbacks() });
      return {
        values: await flat(learner),
        losses: learner.recorder.losses,
        valid: learner.recorder.valLosses,
        lrs: learner.recorder.lrs,
      };
    },
    { optimizer: 'ranger' },
  );
  const checkpoint = join(root, 'stopped');
  let from: FitPosition | undefined;
  let attempts = 0;
  for (;;) {
    const done = await withLearner(
      async (learner) => {
        if (attempts++ > 0) await learner.load(checkpoint);
        let batches = 0;
        const stopper = { ...setting('onBatchEnd', () => ({ stop: ++batches === 5 })), order: 200 };
        const outcome = await learner.fit(4, 1e-2, {
          ...options,
          callbacks: [...callbacks(), stopper],
          ...(from === undefined ? {} : { from }),
        });
        if (!outcome.finished) {
          from = outcome.at;
          await learner.save(checkpoint);
          return undefined;
        }
        const { losses, lrs, valLosses: valid } = learner.recorder;
        return { values: await flat(learner), losses, valid, lrs };
      },
      { optimizer: 'ranger' },
    );
    if (done === undefined) continue;
    assert.ok(attempts > 2);
    assert.deepEqual(done, whole);
    break;
  }
});

test("a checkpoint's state of another kind is an error that names the callback", async () => {
  await withLearner(async (learner) => {
    const odd: Callback = { name: 'EMA', saveState: () => 'nonsense' };
    await learner.fit(1, 1e-3, { callbacks: [odd] });
    const file = join(root, 'odd');
    await learner.save(file);
    await learner.load(file);
    await assert.rejects(learner.fit(1, 1e-3, { callbacks: [new EMA()] }), /state of the callback "EMA"/);
  });
  await readFile(join(root, 'odd.safetensors'));
});
