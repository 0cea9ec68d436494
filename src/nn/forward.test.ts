import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GraphBuilder } from '../graph/builder.js';
import { gradients } from '../graph/grad/backward.js';
import { lower } from '../graph/lower/index.js';
import { modelOf } from '../graph/model.js';
import { writeModel } from '../graph/onnx.js';
import { float32, sizeOf } from '../graph/types.js';
import { LocalDevice } from '../runtime/node/local-device.js';
import { uniform } from '../testing/golden.js';
import { groupOf } from './architecture.js';
import { Forward, type ForwardSource, type ParameterSpec } from './forward.js';
import { initialise } from './initialise.js';
import { models } from './models/index.js';
import { tracingSource } from './tracing.js';

const X = [2, 8, 6, 6];

/** Loss and gradients of a convolution with a batch norm whose statistics are fixed. */
async function run(foldsNorms: boolean, block: number) {
  const b = new GraphBuilder('test');
  const names: string[] = [];
  let seed = 1;
  const constant = (name: string, dims: readonly number[], around: number) => {
    b.declareInitializer(
      name,
      float32(
        dims,
        Float32Array.from(uniform(seed++, sizeOf(dims)), (u) => around + 0.5 * u),
      ),
    );
    return name;
  };
  const source: ForwardSource = {
    parameter: (spec) => {
      names.push(spec.name);
      return constant(spec.name, spec.dims, spec.name === 'norm.weight' ? 1 : 0);
    },
    statistics: (n) => ({ mean: constant('mean', [n.channels], 0), variance: constant('variance', [n.channels], 1) }),
    usesBatchStatistics: () => false,
    foldsNorms,
    dropoutMask: () => undefined,
  };
  const f = new Forward(b, source);
  const x = b.input('x', 'float32', X);
  names.push('x');
  const y = f.relu6(f.convNorm('conv', 'norm', x, 16, 3, { stride: 2, pad: 'same', epsilon: 1e-3, bias: true }));
  const weights = b.constant(float32(b.dims(y), Float32Array.from(uniform(99, sizeOf(b.dims(y))))));
  const loss = b.op('ReduceSum', [b.op('Mul', [y, weights])], { keepdims: 0 });
  for (const [name, g] of gradients(b, loss, names)) b.output(g, `grad/${name}`);
  b.output(loss, 'loss');
  const device = new LocalDevice();
  const id = await device.load(writeModel(modelOf(lower(b.finish(), { block }))));
  const out = await device.run(id, {
    feeds: { x: float32(X, Float32Array.from(uniform(7, sizeOf(X)))) },
    resident: {},
    keep: {},
    fetch: ['loss', ...names.map((n) => `grad/${n}`)],
  });
  await device.close();
  return out;
}

test('a fixed batch norm that is folded into its convolution has the same loss and gradients', async () => {
  const { block } = await new LocalDevice().info();
  const plain = await run(false, 0);
  for (const other of [await run(true, 0), await run(true, block)]) {
    for (const [name, expected] of Object.entries(plain)) {
      const actual = other[name];
      assert.ok(expected.dtype === 'float32' && actual?.dtype === 'float32');
      assert.ok(
        expected.data.some((v) => v !== 0),
        `${name} is zero`,
      );
      expected.data.forEach((v, i) => {
        const near = Math.abs(v - (actual.data[i] ?? Number.NaN)) <= 1e-4 * Math.max(1, Math.abs(v));
        assert.ok(near, `${name}[${i}]: ${actual.data[i]}, not ${v}`);
      });
    }
  }
});

test('every parameter of an architecture belongs to a layer group of its body or to the head', () => {
  for (const arch of Object.values(models)) {
    const b = new GraphBuilder('trace');
    const parameters: ParameterSpec[] = [];
    const f = new Forward(b, tracingSource(b, parameters, []));
    arch.body(f, b.input('x', 'float32', [1, 3, 64, 64]));
    const body = parameters.map((p) => p.name);
    for (const name of body) assert.ok(groupOf(arch, name) < arch.groups.length, `${arch.name}: ${name}`);
    // Groups follow one another from the input to the output.
    const order = body.map((name) => groupOf(arch, name));
    assert.deepEqual(
      order,
      [...order].sort((p, q) => p - q),
      arch.name,
    );
    assert.equal(groupOf(arch, 'head.linear1.weight'), arch.groups.length);
  }
});

test('initialisation has the variance that it is named for, and depends on seed and name alone', () => {
  const spec = { name: 'w', dims: [64, 32, 3, 3], kind: 'weight', init: 'kaiming-normal' } as const;
  const values = initialise(spec, 1);
  const variance = values.reduce((s, v) => s + v * v, 0) / values.length;
  assert.ok(Math.abs(variance / (2 / (32 * 9)) - 1) < 0.05, `variance ${variance}`);
  assert.deepEqual(initialise(spec, 1), values);
  assert.notDeepEqual(initialise(spec, 2), values);
  assert.notDeepEqual(initialise({ ...spec, name: 'v' }, 1), values);
  const linear = initialise({ name: 'l', dims: [10, 100], kind: 'weight', init: 'kaiming-uniform' }, 1);
  assert.ok(linear.every((v) => Math.abs(v) <= 0.1) && linear.some((v) => Math.abs(v) > 0.09));
  assert.ok(initialise({ name: 'b', dims: [4], kind: 'bias', init: 'zeros' }, 1).every((v) => v === 0));
  assert.deepEqual(
    initialise({ name: 's', dims: [2], kind: 'bias', init: { fill: 0.5 } }, 1),
    Float32Array.of(0.5, 0.5),
  );
  const truncated = initialise({ name: 't', dims: [100, 100], kind: 'weight', init: 'truncated-normal' }, 1);
  const deviation = Math.sqrt(truncated.reduce((s, v) => s + v * v, 0) / truncated.length);
  // 0.88 of a normal distribution's deviation is left within two of them.
  assert.ok(truncated.every((v) => Math.abs(v) <= 0.04) && Math.abs(deviation / 0.0176 - 1) < 0.05, `${deviation}`);
});
