import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../core/errors.js';
import { sgd } from '../engine/optimizers/index.js';
import type { Callback } from './callback.js';
import type { Learner } from './learner.js';
import type { LearnerOptions } from './learner-options.js';
import { polynomial } from './schedules.js';
import { tinyLearner } from './testing/tiny-learner.js';

/** Rates of all groups and momentum at each iteration; an epoch has three. */
async function watched(fit: (learner: Learner) => Promise<unknown>, options: LearnerOptions = {}) {
  const lrs: number[][] = [];
  const moms: number[] = [];
  const frozen: number[] = [];
  const watch: Callback = {
    order: 99,
    onBatchEnd({ lr, momentum, learner }) {
      lrs.push(lr.map((rate) => Number(rate.toPrecision(6))));
      moms.push(momentum);
      frozen.push(learner.engine.freezing.firstTrained);
    },
  };
  const learner = await tinyLearner({ ...options, callbacks: [watch] });
  try {
    await fit(learner);
  } finally {
    await learner.close();
  }
  return { lrs, moms, frozen };
}

test('fit takes a schedule as shares of its rates, whatever function it is', async () => {
  const { lrs, moms } = await watched((learner) => learner.fit(1, [1, 2, 4], { schedule: polynomial() }));
  assert.deepEqual(lrs, [
    [1, 2, 4],
    [0.5, 1, 2],
    [0, 0, 0],
  ]);
  assert.deepEqual(moms, [0.9, 0.9, 0.9]);
  const own = await watched((learner) =>
    learner.fit(2, 1e-2, { schedule: ({ epoch, pct }) => ({ lr: epoch < 1 ? 0.5 : 1, momentum: pct / 2 }) }),
  );
  assert.deepEqual(
    own.lrs.map(([lr]) => lr),
    [0.005, 0.005, 0.005, 0.01, 0.01, 0.01],
  );
  assert.deepEqual(own.moms, [0, 0.1, 0.2, 0.3, 0.4, 0.5]);
  await assert.rejects(
    watched((learner) => learner.fit(1, 1e-3, { schedule: () => ({ lr: Number.NaN }) })),
    (error) => error instanceof UserError && /the schedule gave the rate NaN at iteration 0/.test(error.message),
  );
});

test('one cycle moves momentum, unless the optimizer was given one', async () => {
  const moved = await watched((learner) => learner.fitOneCycle(2), { optimizer: 'sgd' });
  assert.ok(Math.min(...moved.moms) < 0.87 && moved.moms[0] === 0.95);
  const fixed = await watched((learner) => learner.fitOneCycle(2), { optimizer: sgd({ momentum: 0.8 }) });
  assert.deepEqual(new Set(fixed.moms), new Set([0.8]));
});

test('fitFlatCos is flat for three quarters, fitSgdr jumps back at the start of each cycle', async () => {
  const flat = await watched((learner) => learner.fitFlatCos(4, { lr: 1e-2 }));
  assert.equal(flat.lrs.filter(([lr]) => lr === 1e-2).length, 9);
  assert.equal(flat.lrs.at(-1)?.[0], 1e-7);
  const restarts = await watched((learner) => learner.fitSgdr(2, { maxLr: 1e-2 }));
  assert.equal(restarts.lrs.length, 3 * (1 + 2));
  assert.deepEqual(
    restarts.lrs.flatMap(([lr], i) => (lr === 1e-2 ? [i] : [])),
    [0, 3],
  );
});

test('fineTune trains the head, then all layers with half the rate, spread over the groups', async () => {
  const { lrs, frozen } = await watched((learner) => learner.fineTune(2, { baseLr: 4e-3 }));
  assert.deepEqual(frozen, [2, 2, 2, 0, 0, 0, 0, 0, 0]);
  const highest = (from: number, to: number, group: number) =>
    Math.max(...lrs.slice(from, to).map((r) => r[group] ?? 0));
  // pctStart 0.99: the head's rate all but rises to the end.
  assert.ok(highest(0, 3, 2) > 1.9e-3 && highest(0, 3, 2) <= 4e-3);
  assert.ok(highest(3, 9, 2) > 1.7e-3 && highest(3, 9, 2) <= 2e-3);
  assert.equal(Number((highest(3, 9, 2) / highest(3, 9, 0)).toPrecision(4)), 100);
});

test('weight decay: of all groups or of each, of biases and norms on demand', async () => {
  const after = async (wd: number | number[], bnWd = false) => {
    const learner = await tinyLearner({ wd, bnWd, optimizer: sgd({ momentum: 0 }) });
    try {
      const before = new Map([...(await learner.engine.values())].map(([k, v]) => [k, v.slice()]));
      await learner.fit(1, 1e-9);
      // Rates are next to nothing: what changes visibly, changes by decay.
      const changed = [...(await learner.engine.values())].filter(([k, v]) =>
        v.some((x, i) => Math.abs(x - (before.get(k)?.[i] ?? 0)) > 1e-4),
      );
      return changed.map(([k]) => k).filter((k) => !/running_/.test(k));
    } finally {
      await learner.close();
    }
  };
  assert.deepEqual(
    (await after(1e8)).filter((k) => /norm|bn|bias/.test(k)),
    [],
  );
  assert.ok((await after(1e8, true)).some((k) => /norm|bn/.test(k)));
  assert.deepEqual(
    (await after([0, 1e8, 0])).filter((k) => k.endsWith('conv.weight')),
    ['depth.conv.weight', 'point.conv.weight'],
  );
});

test('settings that cannot be are errors', async () => {
  const learner = await tinyLearner();
  try {
    for (const fit of [
      () => learner.fit(1.5),
      () => learner.fit(1, 1e-3, { wd: -1 }),
      () => learner.fit(1, 1e-3, { wd: [0.1] }),
      () => learner.fitSgdr(1, { cycleLen: 0.5 }),
      () => learner.fineTune(1, { lrMult: 0 }),
      () => learner.fitFlatCos(1, { pctStart: 2 }),
    ]) {
      await assert.rejects(async () => fit(), UserError, String(fit));
    }
  } finally {
    await learner.close();
  }
  const unknown: { optimizer?: never } = JSON.parse('{"optimizer":"adamax"}');
  await assert.rejects(tinyLearner(unknown), /there is no optimizer "adamax"; there are adam, adamw/);
});
