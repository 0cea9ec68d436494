import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countBatches, passOrder, resolvePass } from './pass-plan.js';
import { AHEAD_BYTES, batchesAhead, prefetch } from './prefetch.js';

const defaults = { bs: 4, size: 32 };

test('training shuffles and drops the last batch; other splits do not', () => {
  const train = resolvePass('train', 10, defaults);
  assert.deepEqual([train.shuffle, train.dropLast, train.augmentation.kind], [true, true, 'train']);
  assert.equal(countBatches(10, train), 2);
  const valid = resolvePass('valid', 10, defaults);
  assert.deepEqual([valid.shuffle, valid.dropLast, valid.augmentation.kind], [false, false, 'none']);
  assert.equal(countBatches(10, valid), 3);
  assert.equal(countBatches(3, resolvePass('train', 3, defaults)), 1);
  const sizes = (['train', 'valid'] as const).map(
    (split) => resolvePass(split, 10, { ...defaults, valBs: 8 }).batchSize,
  );
  assert.deepEqual(sizes, [4, 8]);
});

test('the order is a permutation that the seed and the epoch decide', () => {
  const order = (seed: number, epoch: number): number[] => [
    ...passOrder(50, seed, resolvePass('train', 50, defaults, { epoch })),
  ];
  assert.deepEqual(
    [...order(1, 0)].sort((a, b) => a - b),
    [...passOrder(50, 1, resolvePass('valid', 50, defaults))],
  );
  assert.deepEqual(order(1, 0), order(1, 0));
  assert.notDeepEqual(order(1, 0), order(1, 1));
  assert.notDeepEqual(order(1, 0), order(2, 0));
});

test('bad options are named', () => {
  assert.throws(
    () => resolvePass('train', 9, defaults, { batchSize: 0 }),
    /batchSize must be a whole number of at least 1, not 0/,
  );
  assert.throws(() => resolvePass('train', 9, defaults, { size: 1.5 }), /size/);
  assert.throws(
    () => resolvePass('train', 9, defaults, { augmentation: { kind: 'tta', pass: 8, scale: 1.35 } }),
    /pass/,
  );
});

test('batches ahead keep every worker busy within the bound on memory; one is always made', () => {
  assert.equal(batchesAhead(3e6, 1), 3);
  assert.equal(batchesAhead(3e6, 8), 9);
  assert.equal(batchesAhead(AHEAD_BYTES / 2, 8), 2);
  assert.equal(batchesAhead(AHEAD_BYTES + 1, 8), 1);
});

test('prefetching keeps order and bound, and stops when the reader leaves', async () => {
  let running = 0;
  let most = 0;
  const started: number[] = [];
  const make = async (i: number): Promise<number> => {
    started.push(i);
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running--;
    return i;
  };
  const all: number[] = [];
  for await (const i of prefetch(7, 3, make)) all.push(i);
  assert.deepEqual(all, [0, 1, 2, 3, 4, 5, 6]);
  assert.ok(most <= 3);
  started.length = 0;
  for await (const i of prefetch(100, 3, make)) if (i === 1) break;
  assert.deepEqual(started, [0, 1, 2, 3]);
  assert.equal(running, 0);
});

test('a failure reaches the reader in its turn', async () => {
  const seen: number[] = [];
  await assert.rejects(async () => {
    const make = (i: number): Promise<number> => (i === 2 ? Promise.reject(new Error('two')) : Promise.resolve(i));
    for await (const i of prefetch(9, 4, make)) seen.push(i);
  }, /two/);
  assert.deepEqual(seen, [0, 1]);
});
