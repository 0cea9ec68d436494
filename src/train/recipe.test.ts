import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { cnnLearner } from '../cnn-learner.js';
import { UserError } from '../core/errors.js';
import { generateSampleSet, getTransforms, ImageDataBunch } from '../data/index.js';
import { models } from '../nn/models/index.js';
import type { Callback } from './callback.js';
import type { Learner } from './learner.js';
import { accuracy } from './metrics/index.js';
import { type RecipeOptions, type RecipeOutcome, resumeRecipe, runRecipe } from './recipe.js';

const root = await mkdtemp(join(tmpdir(), 'onecycle-recipe-'));
after(() => rm(root, { recursive: true }));
const pictures = join(root, 'pictures');
await generateSampleSet(pictures, { classes: ['circle', 'star', 'stripes', 'dots'], perClass: 9, validPct: 1 / 3 });

const SMALL: RecipeOptions = { epochs: 2, finetuneEpochs: 1, findIterations: 7, finetuneFindIterations: 3, tta: true };

async function withLearner<T>(use: (learner: Learner) => Promise<T>): Promise<T> {
  const data = await ImageDataBunch.fromFolder(pictures, { size: 64, bs: 8, dsTfms: getTransforms(), workers: 0 });
  const learner = await cnnLearner(data, models.efficientnet_lite0, { metrics: [accuracy] });
  try {
    return await use(learner);
  } finally {
    await learner.close();
  }
}

/** Everything but the seconds. */
function numbersOf(learner: Learner, { progress }: RecipeOutcome) {
  const { losses, lrs, moms, epochEnds } = learner.recorder.history;
  const epochs = progress.epochs.map(({ seconds, ...row }) => row);
  return { losses, lrs, moms, epochEnds, epochs, findings: progress.findings, results: progress.results };
}

/** Aborts at the so-many-th call of one of the loop's moments. */
function abortAt(moment: 'onBatchEnd' | 'onSideWork', count: number): { callback: Callback; signal: AbortSignal } {
  const controller = new AbortController();
  let calls = 0;
  const callback: Callback = {
    [moment]: () => {
      if (++calls === count) controller.abort();
    },
  };
  return { callback, signal: controller.signal };
}

test('a run that is stopped again and again and resumed gives the numbers of one that is not', async (t) => {
  const stages: string[] = [];
  const whole = await withLearner(async (learner) => {
    const hooks = { onStage: (stage: string) => void stages.push(stage) };
    const outcome = await runRecipe(learner, { ...SMALL, hooks });
    assert.equal(outcome.finished, true);
    assert.deepEqual(learner.callbacks, []);
    return numbersOf(learner, outcome);
  });
  assert.deepEqual(stages, ['find-frozen', 'frozen', 'find-finetune', 'finetune', 'tta']);
  assert.equal(whole.losses.length, 3 * 3);
  assert.equal(whole.results[0]?.pictures, 12);

  const checkpoint = join(root, 'resumed.safetensors');
  let started = false;
  const attempt = (options: RecipeOptions) =>
    withLearner(async (learner) => {
      const from = started ? await resumeRecipe(learner, checkpoint) : undefined;
      started = true;
      const outcome = await runRecipe(learner, { ...SMALL, checkpoint, from, ...options });
      return { outcome, numbers: numbersOf(learner, outcome) };
    });
  /** [moment, its count in this attempt, the stage and the epoch and batch where that stops] */
  const stops = [
    ['onBatchEnd', 4, 'find-frozen', undefined],
    ['onBatchEnd', 7 + 2, 'frozen', [0, 2]],
    // Three batches of features, then the first of validation.
    ['onSideWork', 3 + 1, 'frozen', [0, 3]],
    // Two batches of validation, then the first of the next epoch's features.
    ['onSideWork', 2 + 1, 'frozen', [1, 0]],
    ['onBatchEnd', 3 + 1, 'find-finetune', undefined],
    ['onBatchEnd', 3 + 2, 'finetune', [0, 2]],
    ['onSideWork', 2 + 1, 'tta', undefined],
  ] as const;
  for (const [moment, count, stage, at] of stops) {
    await t.test(`stopped in ${stage}${at === undefined ? '' : ` at ${at}`}`, async () => {
      const { callback, signal } = abortAt(moment, count);
      const { outcome } = await attempt({ signal, hooks: { callbacks: [callback] } });
      assert.equal(outcome.finished, false);
      const { fit } = outcome.progress;
      assert.deepEqual([outcome.progress.stage, fit && [fit.epoch, fit.batch]], [stage, at]);
    });
  }
  const { outcome, numbers } = await attempt({});
  assert.equal(outcome.finished, true);
  assert.deepEqual(numbers, whole);
});

test('a network without pretrained weights is trained as a whole from the beginning', async () => {
  const data = await ImageDataBunch.fromFolder(pictures, { size: 32, bs: 8, dsTfms: getTransforms(), workers: 0 });
  const learner = await cnnLearner(data, models.simple_cnn, { metrics: [accuracy] });
  try {
    const before = new Map(Array.from(await learner.engine.values(), ([name, v]) => [name, v.slice()]));
    const stages: string[] = [];
    const hooks = { onStage: (stage: string) => void stages.push(stage) };
    const { progress } = await runRecipe(learner, {
      epochs: 2,
      finetuneEpochs: 1,
      findIterations: 10,
      tta: false,
      hooks,
    });
    assert.deepEqual(stages, ['find-scratch', 'scratch', 'tta']);
    assert.equal(progress.epochs.length, 2);
    const rate = progress.rates.scratch ?? 0;
    assert.ok(rate >= 1e-3 && rate <= 1e-2, `rate ${rate}`);
    for (const [name, values] of await learner.engine.values()) {
      assert.notDeepEqual(values, before.get(name), `${name} is trained, running statistics with the rest`);
    }
  } finally {
    await learner.close();
  }
});

test('given rates are taken as they are, and leave the finders out', async () => {
  const stages: string[] = [];
  const { progress } = await withLearner((learner) =>
    runRecipe(learner, {
      epochs: 1,
      finetuneEpochs: 0,
      lr: 0.02,
      tta: false,
      hooks: { onStage: (stage) => void stages.push(stage) },
    }),
  );
  assert.deepEqual(stages, ['frozen', 'tta']);
  assert.equal(progress.rates.frozen, 0.02);
  const [result] = progress.results;
  assert.equal(result?.tta, undefined);
  assert.equal(result?.plain.accuracy?.value, progress.epochs[0]?.metrics.accuracy);
});

test("a checkpoint that the recipe did not save is no place to go on from, and a disk that is full doesn't end training", async () => {
  await withLearner(async (learner) => {
    const file = join(root, 'plain.safetensors');
    await learner.save(file);
    await assert.rejects(
      resumeRecipe(learner, file),
      (error) => error instanceof UserError && /recipe/.test(error.message),
    );

    const failures: string[] = [];
    const checkpoint = join(pictures, 'train', 'circle', '0000.jpg', 'no-folder');
    const options = { epochs: 1, finetuneEpochs: 0, lr: 0.01, tta: false, checkpoint };
    await assert.rejects(runRecipe(learner, options), UserError);
    const hooks = { onCheckpointFailed: (error: UserError) => void failures.push(error.message) };
    const { finished } = await runRecipe(learner, { ...options, hooks });
    assert.equal(finished, true);
    assert.match(failures[0] ?? '', /cannot be written/);
  });
});
