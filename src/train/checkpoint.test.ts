import assert from 'node:assert/strict';
import { copyFile, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { UserError } from '../core/errors.js';
import type { ImageBatch, PassOptions, SplitName } from '../data/batch.js';
import { partialName } from '../runtime/node/partial.js';
import type { Callback } from './callback.js';
import { GradientAccumulation, JsonLinesLogger } from './callbacks/index.js';
import type { Learner } from './learner.js';
import { previousCheckpoint, type RecipeOptions, resumeRecipe, runRecipe } from './recipe.js';
import { TinyData, tinyLearner } from './testing/tiny-learner.js';

const root = await mkdtemp(join(tmpdir(), 'onecycle-checkpoint-'));
after(() => rm(root, { recursive: true }));

const OPTIONS: RecipeOptions = { epochs: 2, lr: 1e-2, tta: false, checkpointEvery: { batches: 1 } };

async function withLearner<T>(
  use: (learner: Learner) => Promise<T>,
  data = new TinyData(),
  callbacks: Callback[] = [new GradientAccumulation(2)],
): Promise<T> {
  const learner = await tinyLearner({ callbacks }, data);
  try {
    return await use(learner);
  } finally {
    await learner.close();
  }
}

async function numbersOf(learner: Learner): Promise<unknown> {
  const values = [...(await learner.engine.values()).values()].flatMap((v) => [...v]);
  return { values, losses: learner.recorder.losses, valid: learner.recorder.valLosses };
}

/** Changes one bit of a file, one third before its end: in a tensor. */
async function damage(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    const at = Math.floor(((await handle.stat()).size * 2) / 3);
    const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, at);
    await handle.write(Buffer.of(buffer.readUInt8(0) ^ 1), 0, 1, at);
  } finally {
    await handle.close();
  }
}

/** A loader that fails once, as where a picture has vanished. */
class FailingData extends TinyData {
  constructor(private readonly failAt: { readonly pass: number; readonly batch: number }) {
    super();
  }

  override async *batches(split: SplitName, options: PassOptions = {}): AsyncGenerator<ImageBatch> {
    let batch = options.startBatch ?? 0;
    for await (const made of super.batches(split, options)) {
      if (split === 'train' && options.epoch === this.failAt.pass && batch++ === this.failAt.batch) {
        throw new UserError('the picture train/3 has vanished');
      }
      yield made;
    }
  }
}

const whole = await withLearner(async (learner) => {
  await runRecipe(learner, OPTIONS);
  return numbersOf(learner);
});

test('a loader that fails in the middle of an epoch costs no batch that was trained', async () => {
  const checkpoint = join(root, 'loader.safetensors');
  await withLearner(
    (learner) => assert.rejects(runRecipe(learner, { ...OPTIONS, checkpoint }), /train\/3 has vanished/),
    new FailingData({ pass: 1, batch: 1 }),
  );
  await withLearner(async (learner) => {
    const from = await resumeRecipe(learner, checkpoint);
    assert.deepEqual([from.fit?.epoch, from.fit?.batch], [1, 1]);
    await runRecipe(learner, { ...OPTIONS, checkpoint, from });
    assert.deepEqual(await numbersOf(learner), whole);
  });
});

test('a damaged checkpoint is told, and the one before it taken; it does not take the place of that one', async () => {
  const checkpoint = join(root, 'damaged.safetensors');
  const previous = previousCheckpoint(checkpoint);
  await withLearner(
    (learner) => assert.rejects(runRecipe(learner, { ...OPTIONS, checkpoint })),
    new FailingData({ pass: 1, batch: 1 }),
  );
  await damage(checkpoint);
  await copyFile(previous, join(root, 'kept'));
  await withLearner(async (learner) => {
    const told: string[] = [];
    const from = await resumeRecipe(learner, checkpoint, (error) => told.push(error.message));
    assert.deepEqual([from.fit?.epoch, from.fit?.batch], [1, 0]);
    assert.match(told.join(), /damaged\.safetensors is damaged: its checksum does not fit/);
    await learner.save(checkpoint, {}, { keep: previous });
    await withLearner(async (other) => void (await resumeRecipe(other, previous)));
    await runRecipe(learner, { ...OPTIONS, checkpoint, from });
    assert.deepEqual(await numbersOf(learner), whole);
  });
  await damage(checkpoint);
  await damage(previous);
  await withLearner((learner) => assert.rejects(resumeRecipe(learner, checkpoint), /damaged\.safetensors is damaged/));
});

test('lines of a log that a kill would have lost are written with the checkpoint', async () => {
  const checkpoint = join(root, 'log.safetensors');
  const file = join(root, 'log.jsonl');
  const logs = () => [new JsonLinesLogger(file)];
  await withLearner(
    (learner) => assert.rejects(runRecipe(learner, { ...OPTIONS, checkpoint })),
    new FailingData({ pass: 0, batch: 2 }),
    logs(),
  );
  await withLearner(
    async (learner) => {
      const from = await resumeRecipe(learner, checkpoint);
      await runRecipe(learner, { ...OPTIONS, checkpoint, from });
    },
    new TinyData(),
    logs(),
  );
  const lines = (await linesOf(file)).filter((line) => 'batch' in line).map(({ iteration }) => iteration);
  assert.deepEqual(lines, [1, 2, 3, 4, 5, 6]);
});

async function linesOf(file: string): Promise<{ iteration?: number }[]> {
  return (await readFile(file, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

test('what a process that was killed left of a checkpoint is removed; rhythms that are none are refused', async () => {
  const checkpoint = join(root, 'left.safetensors');
  // No process has this number.
  const left = partialName(checkpoint).replace(`-${process.pid}-`, '-4194303-');
  await writeFile(left, 'half of a checkpoint');
  await withLearner(async (learner) => {
    await learner.save(checkpoint);
    for (const checkpointEvery of [{ seconds: 0 }, { batches: -1 }]) {
      await assert.rejects(runRecipe(learner, { ...OPTIONS, checkpointEvery }), UserError);
    }
  });
  assert.deepEqual(
    (await readdir(root)).filter((name) => name.startsWith('left')),
    ['left.safetensors'],
  );
});

test("a learner of larger pictures starts from a checkpoint's network, head included, and from nothing else of it", async () => {
  const file = join(root, 'small.safetensors');
  const values = await withLearner(async (learner) => {
    await learner.fitOneCycle(1);
    await learner.save(file);
    return learner.engine.values();
  });
  class LargerData extends TinyData {
    override readonly size = 24;
  }
  await withLearner(async (learner) => {
    await learner.startFrom(file);
    for (const [name, found] of await learner.engine.values()) assert.deepEqual(found, values.get(name), name);
    assert.deepEqual(learner.recorder.losses, []);
    await learner.fitOneCycle(1);
    assert.equal(learner.recorder.losses.length, 3);
    await assert.rejects(learner.startFrom(join(root, 'nowhere')), UserError);
  }, new LargerData());
});
