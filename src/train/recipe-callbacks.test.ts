import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Callback } from './callback.js';
import { EarlyStopping, EMA, GradientAccumulation, MixUp, SaveModel, SWA } from './callbacks/index.js';
import type { Learner } from './learner.js';
import { type RecipeOptions, resumeRecipe, runRecipe } from './recipe.js';
import { constant } from './schedules.js';
import { tinyLearner } from './testing/tiny-learner.js';

const root = await mkdtemp(join(tmpdir(), 'onecycle-recipe-callbacks-'));
after(() => rm(root, { recursive: true }));

const SETS: Readonly<Record<string, () => Callback[]>> = {
  averaged: () => [
    new EMA({ decay: 0.9 }),
    new GradientAccumulation(2),
    new MixUp(),
    new EarlyStopping({ patience: 2 }),
    new SaveModel({ file: join(root, 'best') }),
  ],
  swa: () => [new SWA({ start: 0.3 })],
};

async function withLearner<T>(callbacks: Callback[], use: (learner: Learner) => Promise<T>): Promise<T> {
  const learner = await tinyLearner({ callbacks, optimizer: 'ranger' });
  try {
    return await use(learner);
  } finally {
    await learner.close();
  }
}

for (const [name, callbacks] of Object.entries(SETS)) {
  test(`${name}: the recipe stopped anywhere, in validation too, gives the numbers of a whole run`, async () => {
    const options: RecipeOptions = { epochs: 3, lr: 1e-2, tta: false, schedule: constant() };
    const numbersOf = async (learner: Learner) => ({
      values: [...(await learner.engine.values()).values()].flatMap((v) => [...v]),
      losses: learner.recorder.losses,
      valid: learner.recorder.valLosses,
    });
    const whole = await withLearner(callbacks(), async (learner) => {
      const { progress } = await runRecipe(learner, options);
      return { ...(await numbersOf(learner)), results: progress.results };
    });
    const checkpoint = join(root, `${name}.safetensors`);
    let started = false;
    let stops = 0;
    for (let count = 2; ; count++) {
      const done = await withLearner(callbacks(), async (learner) => {
        const from = started ? await resumeRecipe(learner, checkpoint) : undefined;
        started = true;
        const controller = new AbortController();
        let calls = 0;
        const stopAt = () => {
          if (++calls === count) controller.abort();
        };
        // Batches of training and of side work both count.
        const stopper: Callback = { order: 100, onBatchEnd: stopAt, onSideWork: stopAt };
        const outcome = await runRecipe(learner, {
          ...options,
          checkpoint,
          from,
          signal: controller.signal,
          hooks: { callbacks: [stopper] },
        });
        if (!outcome.finished) return undefined;
        return { ...(await numbersOf(learner)), results: outcome.progress.results };
      });
      if (done !== undefined) {
        assert.deepEqual(done, whole);
        break;
      }
      stops++;
    }
    assert.ok(stops >= 3, `${stops} stops`);
  });
}
