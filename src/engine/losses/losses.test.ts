import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { z } from 'zod';
import { UserError } from '../../core/errors.js';
import type { Task } from '../../core/task.js';
import { GraphBuilder } from '../../graph/builder.js';
import { gradients } from '../../graph/grad/backward.js';
import { lower } from '../../graph/lower/index.js';
import { runGraph } from '../../graph/testing/run-graph.js';
import { float32 } from '../../graph/types.js';
import { LocalDevice } from '../../runtime/node/local-device.js';
import { assertLossFits, type Loss, lossOf, meanLoss } from '../loss.js';
import { binaryCrossEntropy, crossEntropy, defaultLoss, focal, huber, maeLoss, mseLoss, smoothL1 } from './index.js';

const MAKERS = { crossEntropy, binaryCrossEntropy, focal, mseLoss, maeLoss, huber, smoothL1 };

const Case = z.object({
  loss: z.enum(Object.keys(MAKERS)),
  options: z.record(z.string(), z.unknown()),
  task: z.enum(['single-label', 'multi-label', 'regression']),
  dims: z.array(z.number()),
  outputs: z.array(z.number()),
  targets: z.array(z.number()),
  value: z.number(),
  gradient: z.array(z.number()),
});
/** PyTorch's and torchvision's; made by make_losses.py. */
const url = new URL('../../../testdata/losses/losses.json', import.meta.url);
const { cases } = z.object({ cases: z.array(Case) }).parse(JSON.parse(readFileSync(url, 'utf8')));

const makers = new Map<string, (options: Record<string, unknown>) => Loss>(Object.entries(MAKERS));

/** The mean loss and its gradient, pictures weighing what is told. */
async function valueAndGradient(
  loss: Loss,
  task: Task,
  dims: readonly number[],
  outputs: readonly number[],
  targets: readonly number[],
  weights: readonly number[],
) {
  const b = new GraphBuilder('loss');
  const x = { outputs: b.input('outputs', 'float32', dims), targets: b.input('targets', 'float32', dims), task };
  const value = meanLoss(b, loss, x, b.input('weights', 'float32', [weights.length]));
  const grad = gradients(b, value, [x.outputs]).get(x.outputs) ?? '';
  b.output(value, 'value');
  b.output(grad, 'gradient');
  const run = await runGraph(lower(b.finish(), { block: 0 }), {
    outputs: float32(dims, outputs),
    targets: float32(dims, targets),
    weights: float32([weights.length], weights),
  });
  return { value: Number(run.value?.data[0]), gradient: Array.from(run.gradient?.data ?? [], Number) };
}

const near = (actual: number | undefined, expected: number, what: string) =>
  assert.ok(
    Math.abs((actual ?? Number.NaN) - expected) <= 2e-6 * Math.max(1, Math.abs(expected)),
    `${what}: ${actual}, PyTorch has ${expected}`,
  );

for (const [i, c] of cases.entries()) {
  test(`${c.loss} ${JSON.stringify(c.options)} is PyTorch's, case ${i}`, async () => {
    const loss = makers.get(c.loss)?.(c.options);
    assert.ok(loss !== undefined);
    const { task, dims, outputs, targets } = c;
    const [n = 0, classes = 0] = dims;
    assertLossFits(loss, task, classes);
    const got = await valueAndGradient(loss, task, dims, outputs, targets, Array<number>(n).fill(1));
    near(got.value, c.value, 'value');
    assert.equal(got.gradient.length, c.gradient.length);
    c.gradient.forEach((g, j) => {
      near(got.gradient[j], g, `gradient ${j}`);
    });
  });
}

test('every loss has a reference', () => {
  const compared = new Set(cases.map((c) => c.loss));
  assert.deepEqual([...compared].sort(), Object.keys(MAKERS).sort());
});

test('a picture that weighs nothing changes nothing', async () => {
  const [c] = cases.filter((x) => x.loss === 'crossEntropy' && 'classWeights' in x.options);
  assert.ok(c !== undefined);
  const loss = makers.get(c.loss)?.(c.options) ?? crossEntropy();
  const classes = c.dims[1] ?? 0;
  const padded = (row: readonly number[]) => [...row, ...Array<number>(classes).fill(0.25)];
  const n = c.dims[0] ?? 0;
  const weights = [...Array<number>(n).fill(1), 0];
  const got = await valueAndGradient(loss, c.task, [n + 1, classes], padded(c.outputs), padded(c.targets), weights);
  near(got.value, c.value, 'value');
  assert.deepEqual(got.gradient.slice(-classes), Array<number>(classes).fill(0));
});

test('a device computes the loss of a whole split', async () => {
  const device = new LocalDevice();
  const [c] = cases;
  assert.ok(c !== undefined);
  const [n = 0, classes = 0] = c.dims;
  // Many times the same rows, more than are sent at once.
  const times = 60_000;
  const repeated = (row: readonly number[]) =>
    Float32Array.from({ length: times * row.length }, (_, i) => row[i % row.length] ?? 0);
  const targets = repeated(c.targets);
  const value = await lossOf(device, crossEntropy(), {
    outputs: repeated(c.outputs),
    n: times * n,
    classes,
    task: c.task,
    targets: (from, to) => targets.slice(from * classes, to * classes),
  });
  near(value, c.value, 'value');
  await device.close();
});

test('each task has a loss of its own', () => {
  for (const task of ['single-label', 'multi-label', 'regression'] as const) assertLossFits(defaultLoss(task), task, 3);
});

test('options and data that a loss is not for', () => {
  const bad: readonly (readonly [() => unknown, RegExp])[] = [
    [() => crossEntropy({ labelSmoothing: 1 }), /labelSmoothing \(of crossEntropy\) must be at least 0 and below 1/],
    [() => binaryCrossEntropy({ labelSmoothing: -0.1 }), /labelSmoothing \(of binaryCrossEntropy\)/],
    [() => focal({ gamma: -1 }), /gamma/],
    [() => focal({ alpha: 2 }), /alpha/],
    [() => huber({ delta: 0 }), /delta \(of huber\)/],
    [() => smoothL1({ beta: Number.NaN }), /beta \(of smoothL1\)/],
    [() => assertLossFits(crossEntropy({ classWeights: [1, 2] }), 'single-label', 3), /2 numbers; there are 3 classes/],
    [() => assertLossFits(crossEntropy({ classWeights: [1, -2] }), 'single-label', 2), /at least 0/],
    [() => assertLossFits(binaryCrossEntropy({ posWeight: [1] }), 'multi-label', 2), /posWeight/],
    [() => assertLossFits(focal({ alpha: 0.5 }), 'single-label', 3), /each of the 3 classes/],
    [() => assertLossFits(crossEntropy(), 'multi-label', 2), /cross_entropy is for single-label data; these are multi/],
    [() => assertLossFits(mseLoss(), 'single-label', 2), /mse is for regression data/],
  ];
  for (const [call, message] of bad) {
    assert.throws(call, (error) => error instanceof UserError && message.test(error.message), String(message));
  }
});
