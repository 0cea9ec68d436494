import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../core/errors.js';
import { type Balance, checkBalance, occurrences, samplingOf } from './balance.js';
import type { Task } from './batch.js';
import { classWeightsOf } from './class-weights.js';
import { Draws } from './draws.js';
import { ItemSet } from './item-set.js';

/** A training set with so many pictures of each class; or with the given targets. */
function set(
  counts: readonly number[],
  task: Task = 'single-label',
  rows: readonly (readonly number[])[] = [],
): ItemSet {
  const labelled = counts.flatMap((n, label) =>
    Array.from({ length: n }, (_, i) => ({ file: `${label}/${i}.jpg`, label })),
  );
  const targeted = rows.map((row, i) => ({ file: `${i}.jpg`, label: -1, targets: Float32Array.from(row) }));
  const classes = Array.from({ length: Math.max(counts.length, rows[0]?.length ?? 0) }, (_, i) => `c${i}`);
  return new ItemSet({
    task,
    classes,
    splits: { train: [...labelled, ...targeted], valid: [], test: [] },
    unsupported: [],
  });
}

/** How many pictures of each class an order shows. */
function shownOf(items: ItemSet, order: Int32Array | undefined): number[] {
  const shown = items.classes.map(() => 0);
  for (const at of order ?? []) {
    const { label } = items.item('train', at);
    shown[label] = (shown[label] ?? 0) + 1;
  }
  return shown;
}

test('oversampling shows every class as often as the most frequent, each picture as evenly as can be', () => {
  const items = set([10, 3, 7]);
  const sampling = samplingOf('oversample', items);
  assert.equal(sampling?.count, 30);
  for (const epoch of [0, 1]) {
    const order: Int32Array = sampling?.order(4, epoch) ?? new Int32Array();
    assert.deepEqual(shownOf(items, order), [10, 10, 10]);
    const times = new Map<number, number>();
    for (const at of order) times.set(at, (times.get(at) ?? 0) + 1);
    assert.equal(times.size, 20);
    for (const [at, count] of times) {
      assert.ok([[1], [3, 4], [1, 2]][items.item('train', at).label]?.includes(count));
    }
  }
  assert.deepEqual(sampling?.order(4, 1), sampling?.order(4, 1));
  assert.notDeepEqual(sampling?.order(4, 0), sampling?.order(4, 1));
  assert.notDeepEqual(sampling?.order(4, 0), sampling?.order(5, 0));
});

test('weighted sampling draws classes alike, or by given weights, as many as there are pictures', () => {
  const items = set([9000, 1000]);
  const share = (balance: Balance) => {
    const order = samplingOf(balance, items)?.order(1, 0);
    assert.equal(order?.length, 10000);
    return (shownOf(items, order)[1] ?? 0) / 10000;
  };
  // One standard deviation is 0.5 points.
  assert.ok(Math.abs(share('weighted-sampling') - 0.5) < 0.02);
  assert.ok(Math.abs(share({ perClass: { c1: 3 } }) - 3 / 12) < 0.02);
  assert.equal(share({ perClass: { c0: 0 } }), 1);
  assert.equal(share({ perPicture: (file) => (file.startsWith('0/') ? 1 : 0) }), 0);
});

test('pictures with several labels are repeated as their rarest asks for', () => {
  const items = set([], 'multi-label', [
    [1, 0],
    [1, 0],
    [1, 0],
    [1, 1],
    [0, 0],
  ]);
  const sampling = samplingOf('oversample', items);
  assert.equal(sampling?.count, 8);
  const order = [...(sampling?.order(0, 0) ?? [])].sort();
  assert.deepEqual(order, [0, 1, 2, 3, 3, 3, 3, 4]);
});

test('only shuffled passes over the training set are balanced, and what comes again is altered anew', () => {
  const draws = new Draws(set([4, 2]), 'oversample', 0, { bs: 3, size: 8 });
  draws.weigh();
  const train = draws.draw('train');
  assert.equal(train.batches, 2);
  const order = train.order();
  assert.equal(order.length, 8);
  assert.equal(new Set(train.streams(order)).size, 8);
  const plain = draws.draw('train', { shuffle: false, dropLast: false });
  assert.deepEqual([...plain.order()], [0, 1, 2, 3, 4, 5]);
  assert.equal(plain.batches, 2);
  assert.deepEqual([...occurrences(Int32Array.of(2, 0, 2, 2), 3)], [0, 0, 1, 2]);
});

test('class weights: closed forms, mean 1 over the pictures', () => {
  const close = (weights: Float32Array, expected: readonly number[]) => {
    const far = expected.filter((value, c) => Math.abs((weights[c] ?? 0) - value) >= 1e-6);
    assert.deepEqual(far, [], `not in ${[...weights]}`);
  };
  // n / (classes · count)
  close(classWeightsOf([10, 30, 60]), [100 / 30, 100 / 90, 100 / 180]);
  const raw = [10, 30, 60].map((n) => (1 - 0.9) / (1 - 0.9 ** n));
  const mean = ([10, 30, 60] as const).reduce((sum, n, c) => sum + n * (raw[c] ?? 0), 0) / 100;
  close(
    classWeightsOf([10, 30, 60], { kind: 'effective', beta: 0.9 }),
    raw.map((w) => w / mean),
  );
  close(classWeightsOf([10, 30], { kind: 'effective', beta: 0 }), [1, 1]);
});

test('weights and names that are no good are told', () => {
  const items = set([2, 2]);
  const cases: [() => unknown, RegExp][] = [
    [() => checkBalance(JSON.parse('"more"')), /balance must be "none", "oversample"/],
    [() => checkBalance(JSON.parse('null')), /balance must be/],
    [() => samplingOf({ perClass: { dog: 1 } }, items), /there is no class "dog"; the classes are c0, c1/],
    [
      () => samplingOf({ perClass: { c0: -1 } }, items),
      /weight of the class "c0" must be a number of at least 0, not -1/,
    ],
    [() => samplingOf({ perPicture: () => Number.NaN }, items), /weight of 0\/0\.jpg must be/],
    [() => samplingOf({ perPicture: () => 0 }, items), /all weights are 0/],
    [() => samplingOf('oversample', set([], 'regression', [[1], [2]])), /"oversample" needs classes/],
    [() => classWeightsOf([1, 2], { kind: 'effective', beta: 1 }), /beta/],
    [() => classWeightsOf([1, 2], JSON.parse('{"kind":"odd"}')), /kind \(of class weights\)/],
  ];
  for (const [make, message] of cases) {
    assert.throws(make, (error) => error instanceof UserError && message.test(error.message), `${message}`);
  }
});
