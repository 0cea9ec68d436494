import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { z } from 'zod';
import { UserError } from '../core/errors.js';
import {
  constant,
  cosineAnnealing,
  cosineRestarts,
  exponential,
  flatCos,
  multiStep,
  oneCycle,
  polynomial,
  type Schedule,
  step,
  warmup,
} from './schedules.js';

/** Rates of 50 iterations by PyTorch's and fastai's schedulers; made by make_schedules.py. */
const url = new URL('../../testdata/schedules/schedules.json', import.meta.url);
const reference = z
  .object({ rates: z.record(z.string(), z.array(z.number())) })
  .parse(JSON.parse(readFileSync(url, 'utf8'))).rates;

const CASES: Readonly<Record<string, Schedule>> = {
  'one cycle': oneCycle({ divFactor: 25, finalDiv: 1e5, pctStart: 0.25 }),
  'flat cosine': flatCos(),
  cosine: cosineAnnealing({ end: 0.1 }),
  restarts: cosineRestarts({ cycleLen: 7, cycleMult: 2, end: 0.05 }),
  'restarts alike': cosineRestarts({ cycleLen: 10, cycleMult: 1 }),
  sgdr: cosineRestarts({ cycleLen: 7 }),
  linear: polynomial(),
  polynomial: polynomial({ power: 2.5 }),
  step: step({ every: 12, gamma: 0.3 }),
  'multi-step': multiStep({ at: [5, 20, 45], gamma: 0.5 }),
  exponential: exponential({ gamma: 0.93 }),
  'warm-up, cosine': warmup(cosineAnnealing(), { pct: 0.2, start: 0.1 }),
  'warm-up, step': warmup(step({ every: 9 }), { pct: 0.1, start: 0.2 }),
};

const STEPS = 50;
/** An epoch is one iteration here, as PyTorch's schedulers count. */
const rates = (schedule: Schedule, steps = STEPS, into = 0) =>
  Array.from(
    { length: steps },
    (_, i) => schedule({ iteration: i, iterations: STEPS, pct: i / (STEPS - 1), epoch: i + into }).lr,
  );

for (const [name, expected] of Object.entries(reference)) {
  test(`${name}: the rates are PyTorch's or fastai's`, () => {
    const schedule = CASES[name];
    assert.ok(schedule !== undefined, `no case for ${name}`);
    // fastai rounds its cycles' ends: it was asked in the middle of epochs.
    rates(schedule, expected.length, name === 'sgdr' ? 0.5 : 0).forEach((rate, i) => {
      const want = expected[i] ?? Number.NaN;
      assert.ok(Math.abs(rate - want) < 1e-6, `iteration ${i}: ${rate}, wanted ${want}`);
    });
  });
}

test('a constant schedule is one, and warm-up leads up to any other', () => {
  assert.deepEqual(new Set(rates(constant())), new Set([1]));
  const risen = rates(warmup(constant(), { pct: 0.5 }));
  assert.equal(risen[0], 0);
  assert.equal(risen[10], 10 / 25);
  assert.equal(risen[25], 1);
});

test('schedules that cannot be are errors', () => {
  const bad: readonly (() => Schedule)[] = [
    () => oneCycle({ pctStart: 1.5 }),
    () => oneCycle({ divFactor: 0 }),
    () => flatCos({ divFinal: -1 }),
    () => cosineAnnealing({ end: 2 }),
    () => cosineRestarts({ cycleLen: 0 }),
    () => cosineRestarts({ cycleMult: 0.5 }),
    () => polynomial({ power: Number.NaN }),
    () => step({ every: 0 }),
    () => multiStep({ at: [1, -1] }),
    () => exponential({ gamma: 0 }),
    () => warmup(constant(), { pct: -0.1 }),
  ];
  for (const make of bad) assert.throws(make, UserError, String(make));
});
