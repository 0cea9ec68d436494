import assert from 'node:assert/strict';
import { layoutOf, stored } from '../engine/layout.js';
import type { Network } from '../engine/network.js';
import { adamw } from '../engine/optimizers/index.js';
import { buildPredictGraph } from '../engine/predict-graph.js';
import { buildTrainStep } from '../engine/train-step.js';
import { packValues, storedNames, unpackValues } from '../engine/values.js';
import { GraphBuilder } from '../graph/builder.js';
import { gradients } from '../graph/grad/backward.js';
import { lower, type Target } from '../graph/lower/index.js';
import { modelOf } from '../graph/model.js';
import { writeModel } from '../graph/onnx.js';
import { float32, sizeOf } from '../graph/types.js';
import type { Architecture } from '../nn/architecture.js';
import { Forward, type ParameterSpec } from '../nn/forward.js';
import { tracingSource } from '../nn/tracing.js';
import { LocalDevice } from '../runtime/node/local-device.js';
import { type Golden, l2, uniform } from './golden.js';

/** Relative difference, with a floor for values that are zero but for rounding. */
function assertNear(actual: number, expected: number, tolerance: number, floor: number, what: string): void {
  const difference = Math.abs(actual - expected) / Math.max(Math.abs(expected), floor);
  assert.ok(difference <= tolerance, `${what}: ${actual}, PyTorch has ${expected} (relative difference ${difference})`);
}

/** Names in state-dict order: a layer's weight, bias, running mean, running variance stand together. */
export function stateDictNames(net: Network): string[] {
  const layout = layoutOf(net, 64);
  const byLayer = new Map<string, string[]>();
  const order: string[] = [];
  for (const spec of tracedOrder(net)) {
    const layer = spec.slice(0, spec.lastIndexOf('.'));
    const known = byLayer.get(layer);
    if (known === undefined) {
      byLayer.set(layer, [spec]);
      order.push(layer);
    } else known.push(spec);
  }
  for (const norm of layout.normGroups.flatMap((g) => g.norms)) {
    byLayer.get(norm.name)?.push(`${norm.name}.running_mean`, `${norm.name}.running_var`);
  }
  return order.flatMap((layer) => byLayer.get(layer) ?? []);
}

function tracedOrder(net: Network): string[] {
  const parameters: ParameterSpec[] = [];
  const b = new GraphBuilder('trace');
  const f = new Forward(b, tracingSource(b, parameters, []));
  net.arch.classifier(f, net.arch.body(f, b.input('x', 'float32', [1, 3, 64, 64])), net.classes);
  return parameters.map((p) => p.name);
}

/** Loss and every gradient in training mode, one graph, float pictures as the golden values have them. */
async function lossAndGradients(
  net: Network,
  values: ReadonlyMap<string, Float32Array>,
  golden: Golden,
  target: Target,
  foldsNorms: boolean,
) {
  const b = new GraphBuilder('golden');
  const [n = 0, , h = 0, w = 0] = golden.input.shape;
  const names: string[] = [];
  const f = new Forward(b, {
    parameter: (spec) => {
      names.push(spec.name);
      b.declareInitializer(spec.name, float32(spec.dims, values.get(spec.name) ?? []));
      return spec.name;
    },
    statistics: () => assert.fail('batch statistics are wanted'),
    usesBatchStatistics: () => true,
    foldsNorms,
    dropoutMask: () => undefined,
  });
  const x = b.input('x', 'float32', [n, 3, h, w]);
  const logits = net.arch.classifier(f, net.arch.body(f, x), net.classes);
  const logp = b.op('LogSoftmax', [logits], { axis: 1 });
  const targets = new Float32Array(n * net.classes);
  golden.labels.forEach((label, i) => {
    targets[i * net.classes + label] = -1 / n;
  });
  const picked = b.op('Mul', [logp, b.constant(float32([n, net.classes], targets))]);
  const loss = b.op('ReduceSum', [picked], { keepdims: 0 });
  const grads = gradients(b, loss, names);
  b.output(loss, 'loss');
  for (const [name, g] of grads) b.output(g, `grad/${name}`);
  const device = new LocalDevice();
  const id = await device.load(writeModel(modelOf(lower(b.finish(), target))));
  const fetch = ['loss', ...names.map((name) => `grad/${name}`)];
  const out = await device.run(id, {
    feeds: { x: float32([n, 3, h, w], Float32Array.from(uniform(golden.input.seed, n * 3 * h * w))) },
    resident: {},
    keep: {},
    fetch,
  });
  await device.close();
  const data = (name: string): Float32Array => {
    const t = out[name];
    assert.ok(t?.dtype === 'float32');
    return t.data;
  };
  return { loss: data('loss')[0] ?? Number.NaN, gradient: (name: string) => data(`grad/${name}`) };
}

/** A network under its original classifier, for pictures that are normalised already. */
export function networkOf(arch: Architecture, classes: number): Network {
  return { arch, classes, head: { kind: 'original' }, mean: [0, 0, 0], std: [1, 1, 1] };
}

/** Two float32 roundings, relative to the largest gradient: smaller differences say nothing. */
const ROUNDING = 2 ** -22;

/**
 * Compares loss and every gradient.
 *
 * @param tolerance relative, of a gradient's norm; ten times of it, relative to a gradient's values' usual size, of its first values
 * @param foldsNorms whether batch norms are written as a training step has them
 */
export async function checkGradients(
  golden: Golden,
  net: Network,
  values: Map<string, Float32Array>,
  target: Target,
  tolerance: number,
  foldsNorms = false,
) {
  const { loss, gradient } = await lossAndGradients(net, values, golden, target, foldsNorms);
  assertNear(loss, golden.train_loss, 1e-4, 1e-3, 'loss');
  const scale = Math.max(...Object.values(golden.grads).map((g) => g.l2));
  // A bias in front of a batch norm has the gradient zero but for rounding, by another way where norms fold into weights.
  const floor = scale * Math.max(1e-4, foldsNorms ? ROUNDING / tolerance : 0);
  for (const [name, expected] of Object.entries(golden.grads)) {
    const g = gradient(name);
    assertNear(l2(g), expected.l2, tolerance, floor, `gradient of ${name}, norm`);
    const size = expected.l2 / Math.sqrt(g.length);
    expected.head.forEach((v, i) => {
      assertNear(g[i] ?? Number.NaN, v, 10 * tolerance, Math.max(size, floor), `gradient of ${name}, value ${i}`);
    });
  }
}

function pictureInput(golden: Golden) {
  const [n = 0, c = 0, h = 0, w = 0] = golden.input.shape;
  return float32(golden.input.shape, Float32Array.from(uniform(golden.input.seed, n * c * h * w)));
}

/**
 * Compares running statistics and parameters after a whole step as the learner takes it, but for decay on all parameters,
 * which is PyTorch's default.
 *
 * @param tolerance how far gradients are from PyTorch's, as `checkGradients` has it
 */
export async function checkStep(
  golden: Golden,
  net: Network,
  values: Map<string, Float32Array>,
  target: Target,
  tolerance: number,
) {
  const [n = 0, , size = 0] = golden.input.shape;
  const layout = layoutOf(net, size);
  const optimizer = adamw({ betas: [0.9, 0.99], eps: 1e-5 });
  const step = buildTrainStep(net, layout, {
    batch: n,
    size,
    input: 'normalised',
    trained: () => true,
    decays: () => true,
    batchStatistics: () => true,
    optimizer,
  });
  const device = new LocalDevice();
  await device.write(packValues(layout, values));
  for (const segment of layout.segments) {
    const zeros = float32([segment.size], new Float32Array(segment.size));
    await device.write({ [stored.slot('m', segment)]: zeros, [stored.slot('v', segment)]: zeros });
  }
  const id = await device.load(writeModel(modelOf(lower(step.graph, target))));
  const targets = new Float32Array(n * net.classes);
  golden.labels.forEach((label, i) => {
    targets[i * net.classes + label] = 1;
  });
  const scalar = (x: number) => float32([], [x]);
  const { loss } = await device.run(id, {
    feeds: {
      pictures: pictureInput(golden),
      targets: float32([n, net.classes], targets),
      weights: float32([n], new Float32Array(n).fill(1)),
      ...Object.fromEntries(Object.entries(optimizer.scalars(1, 0.9)).map(([name, x]) => [`opt/${name}`, scalar(x)])),
      ...Object.fromEntries(
        step.rates.flatMap((group) => [
          [`lr/g${group}`, scalar(1e-3)],
          [`wd/g${group}`, scalar(0.01)],
        ]),
      ),
      ...Object.fromEntries(
        step.masks.map((m) => [m.input, float32(m.dims, new Float32Array(sizeOf(m.dims)).fill(1))]),
      ),
    },
    resident: step.resident,
    keep: step.keep,
    fetch: ['loss'],
  });
  const after = unpackValues(layout, await device.read(storedNames(layout)));
  await device.close();
  assertNear(
    loss?.dtype === 'float32' ? (loss.data[0] ?? Number.NaN) : Number.NaN,
    golden.train_loss,
    1e-4,
    1e-3,
    'loss',
  );
  for (const [name, expected] of Object.entries(golden.running_stats_after_one_step)) {
    assertNear(l2(after.get(name) ?? new Float32Array()), expected.l2, 1e-4, 1e-6, name);
  }
  for (const [name, expected] of Object.entries(golden.params_after_adamw_step)) {
    const now = after.get(name) ?? new Float32Array();
    // Where the gradient is zero but for rounding, its sign decides AdamW's first step of ± the rate.
    const norm = golden.grads[name]?.l2 ?? 0;
    if (norm < 1e-4) continue;
    // A value whose gradient's sign is uncertain is off by twice the rate.
    assertNear(l2(now), expected.l2, Math.max(1e-3, tolerance / 4), 1e-2, `${name} after the step, norm`);
    expected.head.forEach((v, i) => {
      // AdamW's first step is the rate times g/(|g| + ε): where g is of the order of ε or of its own error, rounding decides it.
      const uncertain = Math.max(1e-2, (20 * tolerance * norm) / Math.sqrt(now.length));
      if (Math.abs(golden.grads[name]?.head[i] ?? 0) < uncertain) return;
      assertNear(now[i] ?? Number.NaN, v, 1e-3, 0.05, `${name} after the step, value ${i}`);
    });
  }
}

/** Compares logits in evaluation mode. */
export async function checkEvaluation(
  golden: Golden,
  net: Network,
  values: Map<string, Float32Array>,
  tolerance: number,
) {
  const [n = 0, , size = 0] = golden.input.shape;
  const graph = buildPredictGraph(net, values, size, 'all', 'normalised');
  const device = new LocalDevice();
  const id = await device.load(writeModel(modelOf(graph)));
  const { outputs } = await device.run(id, {
    feeds: { pictures: pictureInput(golden) },
    resident: {},
    keep: {},
    fetch: ['outputs'],
  });
  await device.close();
  assert.ok(outputs?.dtype === 'float32');
  assert.deepEqual(outputs.dims, [n, net.classes]);
  golden.eval_logits.forEach((row, i) => {
    row.forEach((v, j) => {
      assertNear(outputs.data[i * net.classes + j] ?? Number.NaN, v, tolerance, 1, `logit ${j} of picture ${i}`);
    });
  });
}
