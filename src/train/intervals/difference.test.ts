import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rng } from '../../core/rng.js';
import { accuracy, mae, type Predictions } from '../metrics/index.js';
import { pairedDifference, unpairedDifference } from './index.js';
import { mcnemar } from './mcnemar.js';

const near = (actual: number | undefined, expected: number, tolerance: number) =>
  assert.ok(Math.abs((actual ?? Number.NaN) - expected) <= tolerance, `${actual} is not ${expected}`);

test("McNemar's exact test gives scipy's values", () => {
  // scipy.stats.binomtest(min(b, c), b + c).pvalue
  near(mcnemar(4, 2), 0.6875, 1e-12);
  near(mcnemar(1, 9), 0.021484375, 1e-12);
  near(mcnemar(0, 0), 1, 0);
  near(mcnemar(25, 15), 0.15386, 1e-5);
  near(mcnemar(1200, 1300), 0.0476818652, 1e-9);
  assert.equal(mcnemar(9, 1), mcnemar(1, 9));
});

/** Two classes, of which the second is right; right predictions where `isRight` says so. */
function votes(n: number, isRight: (i: number) => boolean): Predictions {
  return {
    data: Float32Array.from({ length: 2 * n }, (_, k) => ((k % 2 === 1) === isRight(k >> 1) ? 0.9 : 0.1)),
    n,
    classes: 2,
  };
}

test('networks that err on the same pictures are told apart where intervals cannot', () => {
  const n = 400;
  const targets = new Int32Array(n).fill(1);
  const first = votes(n, (i) => i % 5 !== 0);
  const second = votes(n, (i) => i % 5 !== 0 || i % 40 === 0);
  const paired = pairedDifference(accuracy, first, second, targets, 3);
  near(paired.value, 0.025, 1e-12);
  assert.equal(paired.isNoise, false);
  near(paired.p, 2 * 0.5 ** 10, 1e-12);
  assert.ok(paired.low > 0 && paired.low < 0.025 && paired.high > 0.025 && paired.high < 0.05);
  const unpaired = unpairedDifference(
    { value: 0.8, low: 0.758, high: 0.836 },
    { value: 0.825, low: 0.785, high: 0.859 },
  );
  assert.equal(unpaired.isNoise, true);
  assert.equal(unpaired.by, 'intervals');
});

test("Newcombe's interval of a difference is the one that he published", () => {
  // 56 of 70 and 48 of 80 (Newcombe 1998, table II, method 10): 0.0524 to 0.3339.
  const { low, high } = unpairedDifference(
    { value: 48 / 80, low: 0.4904, high: 0.7004 },
    { value: 56 / 70, low: 0.6918, high: 0.8774 },
  );
  near(low, 0.0524, 5e-4);
  near(high, 0.3339, 5e-4);
});

test('equally good regressions differ within noise about 95 times in 100', () => {
  let noise = 0;
  for (let seed = 0; seed < 60; seed++) {
    const rng = new Rng(seed);
    const errors = (): Predictions => ({
      data: Float32Array.from({ length: 60 }, () => rng.normal()),
      n: 60,
      classes: 1,
    });
    if (pairedDifference(mae, errors(), errors(), new Float32Array(60), seed).isNoise) noise++;
  }
  assert.ok(noise >= 52, `${noise} of 60`);
});
