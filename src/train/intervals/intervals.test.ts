import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rng } from '../../core/rng.js';
import { accuracy, mae, type Predictions, rocAuc } from '../metrics/index.js';
import { estimate } from './index.js';
import { wilson } from './wilson.js';

const near = (actual: number | undefined, expected: number, tolerance = 1e-6) =>
  assert.ok(Math.abs((actual ?? Number.NaN) - expected) <= tolerance, `${actual} is not ${expected}`);

test("Wilson's interval: the textbook's numbers, and never outside 0…1", () => {
  // 81 of 263 (Newcombe 1998, table I): 0.2553 to 0.3662.
  const [low, high] = wilson(81 / 263, 263);
  near(low, 0.2553, 5e-5);
  near(high, 0.3662, 5e-5);
  near(wilson(0, 10)[0], 0);
  near(wilson(1, 10)[1], 1);
  assert.ok(wilson(0, 10)[0] >= 0 && wilson(1, 10)[1] <= 1);
});

test("a share has Wilson's interval", () => {
  const preds = { data: Float32Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? 0.9 : 0.1)), n: 10, classes: 2 };
  const targets = Int32Array.from({ length: 10 }, (_, i) => (i < 7 ? 0 : 1));
  const [low, high] = wilson(0.7, 10);
  assert.deepEqual(estimate(accuracy, preds, targets), { value: 0.7, low, high });
});

/** n values that are off by normal errors, around each picture's true one. */
function errors(n: number, seed: number): [Predictions, Float32Array] {
  const rng = new Rng(seed);
  return [{ data: Float32Array.from({ length: n }, () => rng.normal()), n, classes: 1 }, new Float32Array(n)];
}

test("the bootstrap's interval of a mean is the normal one, and the seed decides it", () => {
  const [preds, targets] = errors(400, 1);
  const found = estimate(mae, preds, targets, 5);
  const sizes = Array.from(preds.data, Math.abs);
  const deviation = Math.sqrt(sizes.reduce((sum, x) => sum + (x - found.value) ** 2, 0) / (400 - 1));
  const half = (1.96 * deviation) / Math.sqrt(400);
  // A quantile of 1,000 resamples is itself off by some percent.
  near(found.low, found.value - half, 0.2 * half);
  near(found.high, found.value + half, 0.2 * half);
  assert.deepEqual(estimate(mae, preds, targets, 5), found);
  assert.notDeepEqual(estimate(mae, preds, targets, 6), found);
});

test('95 % intervals hold the true value about 95 times in 100', () => {
  let held = 0;
  for (let seed = 0; seed < 100; seed++) {
    const { low, high } = estimate(mae, ...errors(100, seed), seed);
    if (low <= Math.sqrt(2 / Math.PI) && Math.sqrt(2 / Math.PI) <= high) held++;
  }
  assert.ok(held >= 88, `${held} of 100`);
});

test('a metric that is undefined has no interval', () => {
  const preds = { data: new Float32Array(12).fill(0.5), n: 6, classes: 2 };
  const { value, low, high } = estimate(rocAuc(), preds, new Int32Array(6));
  assert.deepEqual([value, low, high], [Number.NaN, Number.NaN, Number.NaN]);
});
