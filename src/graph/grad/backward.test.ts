import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AttributeInput } from '../attributes.js';
import { GraphBuilder } from '../builder.js';
import { lowerPlain } from '../lower/index.js';
import { runGraph } from '../testing/run-graph.js';
import { float32, sizeOf, type TensorData, type Value } from '../types.js';
import { gradients } from './backward.js';

const total = (b: GraphBuilder, y: Value): Value => b.op('ReduceSum', [y], { keepdims: 0 });
const opsOf = (b: GraphBuilder): string[] => b.nodes.map(({ op }) => op);

/** The gradient of Σ f(x) at x. */
async function gradientOf(x: TensorData, f: (b: GraphBuilder, x: Value) => Value): Promise<number[]> {
  const b = new GraphBuilder('g');
  const value = b.input('x', x.dtype, x.dims);
  const g = gradients(b, total(b, f(b, value)), [value]).get(value) ?? '';
  b.output(g, 'dx');
  const { dx } = await runGraph(lowerPlain(b.finish()), { x });
  assert.deepEqual(dx?.dims, x.dims);
  return Array.from<number | bigint>(dx?.data ?? []).map(Number);
}

describe('walking back', () => {
  test('a value that is read more than once gets the sum', async () => {
    // x·x + 3·relu(x) + x
    const dx = await gradientOf(float32([2], [2, -1]), (b, x) =>
      b.op('Sum', [b.op('Mul', [x, x]), b.op('Mul', [b.op('Relu', [x]), b.scalar(3)]), x]),
    );
    assert.deepEqual(dx, [8, -1]);
  });

  test('a diamond', async () => {
    // (x + 1)·(x − 1) through one shared value y = 2x: (y + 1)(y − 1), derivative 2y·2
    const dx = await gradientOf(float32([2], [1, 3]), (b, x) => {
      const y = b.op('Mul', [x, b.scalar(2)]);
      return b.op('Mul', [b.op('Add', [y, b.scalar(1)]), b.op('Sub', [y, b.scalar(1)])]);
    });
    assert.deepEqual(dx, [8, 24]);
  });

  test('only what is asked for is differentiated', () => {
    const b = new GraphBuilder('g');
    const x = b.input('x', 'float32', [2, 8, 4, 4]);
    const w1 = b.input('w1', 'float32', [8, 8, 3, 3]);
    const w2 = b.input('w2', 'float32', [4, 8, 1, 1]);
    const hidden = b.op('Relu', [b.op('Conv', [x, w1], { kernel_shape: [3, 3] })]);
    const loss = total(b, b.op('Conv', [hidden, w2], { kernel_shape: [1, 1] }));
    const before = b.nodes.length;
    gradients(b, loss, [w2]);
    assert.deepEqual(opsOf(b).slice(before), ['Reshape', 'Expand', 'ConvWeightGrad']);
    const middle = b.nodes.length;
    gradients(b, loss, [w1]);
    const added = opsOf(b).slice(middle);
    assert.deepEqual(added, ['Reshape', 'Expand', 'ConvInputGrad', 'ReluGrad', 'ConvWeightGrad']);
  });

  test('a value that the loss does not depend on gets zeros', async () => {
    const b = new GraphBuilder('g');
    const [x, z] = [b.input('x', 'float32', [2]), b.input('z', 'float32', [3])];
    const found = gradients(b, total(b, x), [x, z]);
    assert.deepEqual(b.initializers.get(found.get(z) ?? ''), float32([3], [0, 0, 0]));
  });

  test('a loss must have one element', () => {
    const b = new GraphBuilder('g');
    const x = b.input('x', 'float32', [2]);
    assert.throws(() => gradients(b, x, [x]), /shape \[2\].*one element/);
  });

  test('steps and whole numbers send nothing back', async () => {
    const x = float32([3], [0.2, 1.4, -2.6]);
    for (const op of ['Floor', 'Ceil', 'Round', 'Sign']) {
      assert.deepEqual(await gradientOf(x, (b, v) => b.op(op, [v])), [0, 0, 0]);
    }
    const through = await gradientOf(x, (b, v) => b.op('Cast', [b.op('Cast', [v], { to: 7 })], { to: 1 }));
    assert.deepEqual(through, [0, 0, 0]);
    const product = await gradientOf(x, (b, v) =>
      b.op('Mul', [v, b.op('Cast', [b.op('Greater', [v, b.scalar(0)])], { to: 1 })]),
    );
    assert.deepEqual(product, [1, 1, 0]);
  });
});

describe('broadcasting', () => {
  const shapes: readonly (readonly number[])[] = [[], [1], [3], [2, 1], [2, 3], [1, 1, 1], [4, 1, 3], [4, 2, 1]];
  for (const dims of shapes) {
    test(`a sum over what [${dims}] was stretched to`, async () => {
      const dx = await gradientOf(float32(dims, Array(sizeOf(dims)).fill(1)), (b, x) =>
        b.op('Add', [x, b.constant(float32([4, 2, 3], Array(24).fill(1)))]),
      );
      assert.deepEqual(dx, Array(sizeOf(dims)).fill(24 / sizeOf(dims)));
    });
  }
});

describe('errors name the node and the operator', () => {
  test('an operator that is not known', () => {
    const b = new GraphBuilder('g');
    const x = b.input('x', 'float32', [2]);
    b.appendTyped(
      { op: 'Mystery', domain: 'com.example', name: 'layer7', inputs: [x], outputs: ['y'], attributes: {} },
      [{ dtype: 'float32', dims: [2] }],
    );
    const loss = total(b, 'y');
    assert.throws(() => gradients(b, loss, [x]), {
      name: 'UserError',
      message: /node layer7 \(com\.example:Mystery\)/,
    });
  });

  test('an operator that is not known beside the path is no error', () => {
    const b = new GraphBuilder('g');
    const [x, z] = [b.input('x', 'float32', [2]), b.input('z', 'float32', [2])];
    b.appendTyped({ op: 'Mystery', domain: '', name: 'm', inputs: [z], outputs: ['y'], attributes: {} }, [
      { dtype: 'float32', dims: [2] },
    ]);
    assert.doesNotThrow(() => gradients(b, total(b, b.op('Add', [x, 'y'])), [x]));
  });

  test('a second derivative', () => {
    const b = new GraphBuilder('g');
    const x = b.input('x', 'float32', [2]);
    const first = gradients(b, total(b, b.op('Relu', [x], {}, { name: 'r' })), [x]).get(x) ?? '';
    const [node] = b.nodes.filter(({ op }) => op === 'ReluGrad');
    const again = total(b, b.op('Mul', [first, x]));
    assert.throws(() => gradients(b, again, [x]), {
      name: 'UserError',
      message: new RegExp(`node ${node?.name} \\(onecycle:ReluGrad\\) has no gradient`),
    });
  });

  test('an output that has none', () => {
    const b = new GraphBuilder('g');
    const x = b.input('x', 'float32', [2, 3]);
    const scale = b.constant(float32([3], [1, 1, 1]));
    const [, mean = ''] = b.ops('LayerNormalization', 3, [x, scale], {}, { name: 'norm' });
    assert.throws(() => gradients(b, total(b, mean), [x]), {
      name: 'UserError',
      message: /node norm \(LayerNormalization\).*output 1/,
    });
  });

  test('other floats than float32', () => {
    const b = new GraphBuilder('g');
    const x = b.input('x', 'float32', [2]);
    const half = b.op('Sigmoid', [b.op('Cast', [x], { to: 10 })], {}, { name: 'half' });
    const loss = total(b, b.op('Cast', [half], { to: 1 }));
    assert.throws(() => gradients(b, loss, [x]), { name: 'UserError', message: /node half \(Sigmoid\).*float16/ });
  });

  test('attributes that have no rule', () => {
    const b = new GraphBuilder('g');
    const x = b.input('x', 'float32', [1, 1, 4, 4]);
    const sizes = b.integers(1, 1, 2, 2);
    const y = b.op('Resize', [x, '', '', sizes], { mode: 'linear', antialias: 1 }, { name: 'shrink' });
    assert.throws(() => gradients(b, total(b, y), [x]), {
      name: 'UserError',
      message: /node shrink \(Resize\).*antialias/,
    });
    const z = b.op('Einsum', [b.input('z', 'float32', [3, 3])], { equation: 'ii->i' }, { name: 'diagonal' });
    assert.throws(() => gradients(b, total(b, z), ['z']), { name: 'UserError', message: /node diagonal \(Einsum\)/ });
  });
});

describe('where a function has a kink, as PyTorch', () => {
  const one =
    (op: string, attributes: Record<string, AttributeInput> = {}) =>
    (b: GraphBuilder, x: Value): Value =>
      b.op(op, [x], attributes);

  test('Relu, LeakyRelu and Abs at 0', async () => {
    const x = float32([1], [0]);
    assert.deepEqual(await gradientOf(x, one('Relu')), [0]);
    assert.deepEqual(await gradientOf(x, one('LeakyRelu', { alpha: 0.5 })), [0.5]);
    assert.deepEqual(await gradientOf(x, one('Abs')), [0]);
  });

  test('Clip at its bounds is 0', async () => {
    const dx = await gradientOf(float32([5], [-2, -1, 0, 1, 2]), (b, x) =>
      b.op('Clip', [x, b.scalar(-1), b.scalar(1)]),
    );
    assert.deepEqual(dx, [0, 0, 1, 0, 0]);
  });

  test('equal elements share ReduceMax and ReduceMin', async () => {
    const x = float32([2, 4], [1, 3, 3, 0, 2, 2, 2, 2]);
    assert.deepEqual(
      await gradientOf(x, (b, v) => b.op('ReduceMax', [v, b.integers(1)])),
      [0, 0.5, 0.5, 0, 0.25, 0.25, 0.25, 0.25],
    );
    assert.deepEqual(
      await gradientOf(x, (b, v) => b.op('ReduceMin', [v, b.integers(1)])),
      [0, 0, 0, 1, 0.25, 0.25, 0.25, 0.25],
    );
  });

  test('equal inputs share Max and Min', async () => {
    const x = float32([3], [1, 2, 3]);
    assert.deepEqual(await gradientOf(x, (b, v) => b.op('Max', [v, b.scalar(2)])), [0, 0.5, 1]);
    assert.deepEqual(await gradientOf(x, (b, v) => b.op('Min', [v, b.scalar(2)])), [1, 0.5, 0]);
  });

  test('the first maximum takes all in MaxPool and GlobalMaxPool', async () => {
    const x = float32([1, 1, 2, 4], [5, 5, 1, 1, 5, 0, 1, 1]);
    const pooled = await gradientOf(x, one('MaxPool', { kernel_shape: [2, 2], strides: [2, 2] }));
    assert.deepEqual(pooled, [1, 0, 1, 0, 0, 0, 0, 0]);
    assert.deepEqual(await gradientOf(x, one('GlobalMaxPool')), [1, 0, 0, 0, 0, 0, 0, 0]);
  });

  test('the norm of nothing, and a power of 0', async () => {
    assert.deepEqual(await gradientOf(float32([2], [0, 0]), one('ReduceL2')), [0, 0]);
    assert.deepEqual(await gradientOf(float32([2], [0, 2]), (b, x) => b.op('Pow', [x, b.scalar(0)])), [0, 0]);
    assert.deepEqual(await gradientOf(float32([2], [0, -3]), (b, x) => b.op('Pow', [x, b.scalar(2)])), [0, -6]);
  });
});

describe('outputs that the rule asks for', () => {
  test('MaxPool runs once', () => {
    const b = new GraphBuilder('g');
    const x = b.input('x', 'float32', [1, 1, 4, 4]);
    gradients(b, total(b, b.op('MaxPool', [x], { kernel_shape: [2, 2] })), [x]);
    const pools = b.nodes.filter(({ op }) => op === 'MaxPool');
    assert.deepEqual(
      pools.map(({ outputs }) => outputs.length),
      [2],
    );
  });

  test('training dropout: the gradient has the mask of the pass it belongs to', async () => {
    const b = new GraphBuilder('g');
    const x = float32([100], Array(100).fill(2));
    const value = b.input('x', 'float32', x.dims);
    const training = b.constant({ dtype: 'bool', dims: [], data: Uint8Array.of(1) });
    const y = b.op('Dropout', [value, b.scalar(0.25), training], { seed: 3 });
    const g = gradients(b, total(b, y), [value]).get(value) ?? '';
    b.output(y, 'out');
    b.output(g, 'dx');
    const { out, dx } = await runGraph(lowerPlain(b.finish()), { x });
    const doubled = Array.from<number | bigint, number>(dx?.data ?? [], (v) => Math.fround(2 * Number(v)));
    assert.deepEqual(doubled, Array.from<number | bigint, number>(out?.data ?? [], Number));
    const kept = doubled.filter((v) => v > 0).length;
    assert.ok(kept > 50 && kept < 95, `${kept} of 100 were kept`);
  });
});
