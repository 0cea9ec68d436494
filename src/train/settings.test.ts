import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../core/errors.js';
import { softmax } from './activations.js';
import { ratesOf, slice } from './rates.js';
import { oneCycle, type Schedule } from './schedules.js';

const near = (actual: number | undefined, expected: number, tolerance = 1e-6) =>
  assert.ok(Math.abs((actual ?? Number.NaN) - expected) <= tolerance, `${actual} is not ${expected}`);

test('slice spreads rates over the layer groups as fastai does', () => {
  const spread = ratesOf(slice(1e-6, 1e-4), 3);
  near(spread[0], 1e-6, 1e-12);
  near(spread[1], 1e-5, 1e-12);
  near(spread[2], 1e-4, 1e-12);
  assert.deepEqual(ratesOf(slice(1e-3), 3), [1e-4, 1e-4, 1e-3]);
  assert.deepEqual(ratesOf(2e-3, 2), [2e-3, 2e-3]);
  assert.deepEqual(ratesOf(slice(1e-6, 1e-4), 1), [1e-4]);
  assert.deepEqual(ratesOf([1, 2], 2), [1, 2]);
});

test('rates that cannot be are errors', () => {
  for (const rates of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, [1, 2, 3], slice(-1, 1), slice(0, 1)]) {
    assert.throws(() => ratesOf(rates, 2), UserError, String(rates));
  }
});

test('one cycle rises from maxLr/25, peaks at 30 %, ends at maxLr/(25·10⁴), momentum the other way', () => {
  const at = (schedule: Schedule, pct: number) => schedule({ pct, iteration: 0, iterations: 1, epoch: 0 });
  const cycle = oneCycle();
  near(at(cycle, 0).lr, 1 / 25, 1e-9);
  near(at(cycle, 0.15).lr, (1 / 25 + 1) / 2, 1e-9);
  near(at(cycle, 0.3).lr, 1, 1e-9);
  near(at(cycle, 1).lr, 1 / 25e4, 1e-12);
  near(at(cycle, 0).momentum, 0.95);
  near(at(cycle, 0.3).momentum, 0.85);
  near(at(cycle, 1).momentum, 0.95);
  const other = oneCycle({ divFactor: 10, finalDiv: 100, pctStart: 0.5, moms: [0.9, 0.8] });
  near(at(other, 0).lr, 0.1);
  near(at(other, 0.5).lr, 1);
  near(at(other, 1).lr, 0.01);
  near(at(other, 0.5).momentum, 0.8);
});

test('softmax', () => {
  const p = softmax(Float32Array.of(1000, 1001, -5, 0, 0, 0), 3);
  near(p[0], 1 / (1 + Math.E));
  near(p[5], 1 / 3);
});
