import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { z } from 'zod';
import { UserError } from '../../core/errors.js';
import {
  accuracy,
  accuracyThresh,
  argMax,
  cohenKappa,
  fBeta,
  METRIC_NAMES,
  mae,
  metricByName,
  precision,
  topK,
} from './index.js';

const Reference = z.object({
  cases: z.record(
    z.string(),
    z.object({
      task: z.enum(['single-label', 'multi-label', 'regression']),
      classes: z.number(),
      preds: z.array(z.number()),
      targets: z.array(z.number()),
      expected: z.record(z.string(), z.number().nullable()),
    }),
  ),
});
const file = new URL('../../../testdata/metrics/reference.json', import.meta.url);
const { cases } = Reference.parse(JSON.parse(readFileSync(file, 'utf8')));

for (const [name, { task, classes, preds: numbers, targets: truth, expected }] of Object.entries(cases)) {
  test(`scikit-learn's values: ${name}`, () => {
    const preds = { data: Float32Array.from(numbers), n: numbers.length / classes, classes };
    const targets = task === 'single-label' ? Int32Array.from(truth) : Float32Array.from(truth);
    for (const [metric, value] of Object.entries(expected)) {
      const compute = metricByName(metric);
      assert.equal(compute.name, metric);
      assert.ok(compute.tasks?.includes(task), `${metric} is for ${task}`);
      const own = compute(preds, targets);
      const same = value === null ? Number.isNaN(own) : Math.abs(own - value) <= 1e-6;
      assert.ok(same, `${metric}: ${own}, scikit-learn has ${value}`);
    }
  });
}

test('every metric that can be named is compared with a reference', () => {
  const compared = new Set(Object.values(cases).flatMap(({ expected }) => Object.keys(expected)));
  for (const name of METRIC_NAMES.filter((n) => !/[A-Z]/.test(n))) assert.ok(compared.has(name), name);
});

test('the first of classes that are equally probable is taken', () => {
  const preds = { data: Float32Array.of(0.7, 0.2, 0.1, 0.1, 0.1, 0.8, 0.4, 0.4, 0.2), n: 3, classes: 3 };
  assert.deepEqual([...argMax(preds)], [0, 2, 0]);
  assert.ok(Math.abs(accuracy(preds, Int32Array.of(0, 2, 1)) - 2 / 3) < 1e-12);
});

test('targets of another task, wrong lengths, options that are none', () => {
  const preds = { data: Float32Array.of(0.7, 0.3, 0.4, 0.6), n: 2, classes: 2 };
  const cases: readonly (readonly [() => unknown, RegExp])[] = [
    [() => accuracy(preds, Float32Array.of(1, 0, 0, 1)), /accuracy is for pictures with one label each/],
    [() => accuracy(preds, Int32Array.of(1)), /there are 1 targets, 2 are needed/],
    [() => accuracy({ ...preds, n: 0 }, Int32Array.of()), /at least one picture/],
    [() => accuracyThresh()(preds, Int32Array.of(0, 1)), /accuracy_thresh is not for pictures with one label each/],
    [() => mae(preds, Float32Array.of(1)), /there are 1 targets, 4 are needed/],
    [
      () => precision({ average: 'binary' })({ data: new Float32Array(3), n: 1, classes: 3 }, Int32Array.of(0)),
      /two classes/,
    ],
    [() => fBeta({ beta: 0 }), /beta/],
    [() => topK(1.5), /k \(of topK\)/],
    [() => accuracyThresh({ threshold: 2 }), /threshold/],
    [() => metricByName('acuracy'), /there is no metric "acuracy"; there are accuracy, /],
    [() => metricByName('f1_mean'), /there is no metric/],
    [() => metricByName('top_0'), /there is no metric/],
    [() => cohenKappa({ weights: JSON.parse('"cubic"') }), /none, linear or quadratic/],
  ];
  for (const [call, message] of cases) {
    assert.throws(call, (error) => error instanceof UserError && message.test(error.message), String(message));
  }
});
