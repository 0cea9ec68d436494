import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LocalDevice } from '../../runtime/node/local-device.js';
import { GraphBuilder } from '../builder.js';
import { gradients } from '../grad/backward.js';
import { writableInPlace } from '../in-place.js';
import { lower } from '../lower/index.js';
import { OWN_DOMAIN } from '../ops.js';
import { runGraph } from '../testing/run-graph.js';
import { float32, type Graph, sizeOf, type TensorData, type Value } from '../types.js';
import { PASS_NAMES } from './index.js';

function feedsOf(graph: Graph): Record<string, TensorData> {
  return Object.fromEntries(
    graph.inputs.map(({ name, dims }, i) => {
      const shape = (dims ?? []).map(Number);
      const data = Float32Array.from({ length: sizeOf(shape) }, (_, j) => Math.sin(j * 12.9898 + i * 78.233));
      return [name, float32(shape, data)];
    }),
  );
}

/** Runs a graph with one pass and with none, and checks that all outputs agree; gives both lowered graphs. */
async function withAndWithout(
  pass: string,
  graph: Graph,
  block: number,
  { replaces = new Map(), tolerance = 1e-6 }: { replaces?: ReadonlyMap<Value, Value>; tolerance?: number } = {},
): Promise<{ with: Graph; without: Graph }> {
  const graphs = {
    with: lower(graph, { block, replaces, withoutPasses: PASS_NAMES.filter((name) => name !== pass) }),
    without: lower(graph, { block, replaces, withoutPasses: PASS_NAMES }),
  };
  const names = (g: Graph) => g.outputs.map((o) => o.name);
  assert.deepEqual(names(graphs.with), names(graphs.without));
  const feeds = feedsOf(graph);
  const [found, expected] = [await runGraph(graphs.with, feeds), await runGraph(graphs.without, feeds)];
  for (const name of names(graph)) {
    const [a, b] = [found[name], expected[name]];
    assert.ok(a !== undefined && b !== undefined);
    assert.deepEqual(a.dims, b.dims);
    assertNear(name, numbers(a.data), numbers(b.data), tolerance);
  }
  return graphs;
}

const numbers = (data: Iterable<number | bigint>): number[] => Array.from(data, Number);

/** Differences may be so large a share of the largest value. */
function assertNear(name: string, found: readonly number[], expected: readonly number[], tolerance: number): void {
  const largest = Math.max(...expected.map(Math.abs));
  const worst = Math.max(...expected.map((v, i) => Math.abs(v - (found[i] ?? Number.NaN))));
  assert.ok(worst <= tolerance * largest, `${name} differs by ${worst}; its largest value is ${largest}`);
}

const count = (graph: Graph, op: string) => graph.nodes.filter((n) => n.op === op).length;
const block = (await new LocalDevice().info()).block;

/** Two residual blocks and their gradients: sums with ReLUs behind them, gradients that meet, values reordered twice. */
function residual(): Graph {
  const b = new GraphBuilder('residual');
  const x = b.input('x', 'float32', [8, 16, 6, 6]);
  const weights = ['a', 'b', 'c', 'd'].map((name) => b.input(name, 'float32', [16, 16, 3, 3]));
  const conv = (v: string, w: string | undefined) =>
    b.op('Conv', [v, w ?? ''], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] });
  let y = b.op('Relu', [b.op('Add', [conv(b.op('Relu', [conv(x, weights[0])]), weights[1]), x])]);
  y = b.op('Relu', [b.op('Add', [y, conv(b.op('Relu', [conv(y, weights[2])]), weights[3])])]);
  const loss = b.op('ReduceSum', [b.op('Mul', [y, y])], { keepdims: 0 });
  const grads = gradients(b, loss, [x, ...weights]);
  b.output(y, 'y');
  for (const [name, g] of grads) b.output(g, `d${name}`);
  return b.finish();
}

test('share-common computes equal nodes once, whichever outputs read them', async () => {
  const b = new GraphBuilder('twice');
  const x = b.input('x', 'float32', [4, 6]);
  const twice = [0, 1].map(() => b.op('Exp', [b.op('Transpose', [x], { perm: [1, 0] })]));
  b.output(b.op('Add', twice), 'sum');
  b.output(b.op('Transpose', [x], { perm: [1, 0] }), 'transposed');
  b.output(b.op('Transpose', [x], { perm: [0, 1] }), 'another');
  const graphs = await withAndWithout('share-common', b.finish(), 0);
  assert.deepEqual([count(graphs.without, 'Transpose'), count(graphs.without, 'Exp')], [4, 2]);
  assert.deepEqual([count(graphs.with, 'Transpose'), count(graphs.with, 'Exp')], [2, 1]);
});

test('name-outputs leaves no copy behind, but where a value has two names or is an input', async () => {
  const b = new GraphBuilder('names');
  const x = b.input('x', 'float32', [3]);
  const y = b.op('Neg', [x]);
  for (const name of ['first', 'second']) b.output(y, name);
  b.output(x, 'same');
  b.output(b.op('Abs', [y]), 'third');
  const graphs = await withAndWithout('name-outputs', b.finish(), 0);
  assert.equal(count(graphs.without, 'Identity'), 4);
  assert.equal(count(graphs.with, 'Identity'), 2);
});

test('fuse-sums lets blocked convolutions add and apply ReLU', async (t) => {
  if (block === 0) return t.skip('this processor has no blocked layout');
  const graphs = await withAndWithout('fuse-sums', residual(), block);
  const sums = (g: Graph) => count(g, 'Add') + count(g, 'Sum');
  // Two ends of blocks forward, and the gradients that meet where each block begins.
  assert.equal(sums(graphs.without) - sums(graphs.with), 4);
  // Those between the two convolutions of a block are part of the first one already.
  assert.equal(count(graphs.with, 'Relu'), count(graphs.without, 'Relu') - 2);
});

test('fuse-sums leaves a convolution alone that others read, and a sum that broadcasts', async (t) => {
  if (block === 0) return t.skip('this processor has no blocked layout');
  const b = new GraphBuilder('read twice');
  const x = b.input('x', 'float32', [2, 16, 6, 6]);
  const w = b.input('w', 'float32', [16, 16, 1, 1]);
  const y = b.op('Conv', [x, w], { kernel_shape: [1, 1] });
  b.output(b.op('Add', [b.op('Add', [y, x]), b.op('Neg', [y])]), 'z');
  const v = b.op('Conv', [b.op('Neg', [x]), w], { kernel_shape: [1, 1] });
  b.output(b.op('Add', [v, b.input('bias', 'float32', [16, 1, 1])]), 'u');
  const graphs = await withAndWithout('fuse-sums', b.finish(), block);
  assert.equal(count(graphs.with, 'Add'), 3);
});

for (const layout of new Set([0, block])) {
  test(`all passes together change no result, blocks of ${layout}`, async () => {
    const graph = residual();
    const feeds = feedsOf(graph);
    const whole = await runGraph(lower(graph, { block: layout }), feeds);
    const none = await runGraph(lower(graph, { block: layout, withoutPasses: PASS_NAMES }), feeds);
    for (const { name } of graph.outputs) {
      assertNear(name, numbers(whole[name]?.data ?? []), numbers(none[name]?.data ?? []), 1e-5);
    }
  });
}

test('order-late puts what hangs on early values alone early in the file, and leaves the ends in their order', async () => {
  const b = new GraphBuilder('late');
  const x = b.input('x', 'float32', [4]);
  const chain = [0, 1, 2].reduce((v) => b.op('Tanh', [v]), x);
  const mask = b.op('Relu', [x]);
  b.output(b.op('Mul', [chain, mask]), 'first');
  b.output(b.op('Neg', [x]), 'second');
  const graphs = await withAndWithout('order-late', b.finish(), 0);
  const place = (g: Graph, op: string) => g.nodes.findIndex((n) => n.op === op);
  assert.ok(place(graphs.without, 'Relu') > place(graphs.without, 'Tanh') + 2);
  assert.equal(place(graphs.with, 'Relu'), 1);
  const known = new Set(graphs.with.inputs.map((i) => i.name));
  for (const node of graphs.with.nodes) {
    for (const input of node.inputs) assert.ok(known.has(input) || graphs.with.initializers.has(input));
    for (const output of node.outputs) known.add(output);
  }
});

/** A weight that is stepped by `g`·rate while a product reads it under another shape; `others` may read it, too. */
function steppedWeight(others: (b: GraphBuilder, w: Value, stepped: Value) => void): { graph: Graph; stepped: Value } {
  const b = new GraphBuilder('stepped');
  const w = b.input('w', 'float32', [6]);
  const g = b.input('g', 'float32', [6]);
  const stepped = b.op('Sub', [w, b.op('Mul', [g, b.input('rate', 'float32', [])])]);
  b.output(stepped);
  const matrix = b.op('Transpose', [b.op('Reshape', [w, b.integers(2, 3)])], { perm: [1, 0] });
  b.output(b.op('MatMul', [b.input('x', 'float32', [4, 3]), matrix]), 'y');
  others(b, w, stepped);
  return { graph: b.finish(), stepped };
}

test('await-readers has a weight written in place once those that read it are done', async () => {
  const { graph, stepped } = steppedWeight((b, w) => b.output(b.op('Exp', [w]), 'z'));
  const replaces = new Map([[stepped, 'w']]);
  const graphs = await withAndWithout('await-readers', graph, 0, { replaces });
  assert.deepEqual(writableInPlace(graphs.without, replaces), []);
  assert.deepEqual(writableInPlace(graphs.with, replaces), [stepped]);
});

test('await-readers leaves alone what waits for the update itself, or is read outside', async () => {
  const others: ((b: GraphBuilder, w: Value, stepped: Value) => void)[] = [
    (b, w, stepped) => b.output(b.op('MatMul', [w, stepped]), 'z'),
    (b, w) => b.output(b.op('Reshape', [w, b.integers(3, 2)]), 'z'),
  ];
  for (const other of others) {
    const { graph, stepped } = steppedWeight(other);
    const replaces = new Map([[stepped, 'w']]);
    const graphs = await withAndWithout('await-readers', graph, 0, { replaces });
    assert.deepEqual(writableInPlace(graphs.with, replaces), []);
  }
});

test('sum-by-product writes sums over the first axes as products, and tells sums over the last ones as such', async () => {
  const b = new GraphBuilder('sums');
  const sums: readonly [number[], number[], number][] = [
    [[64, 96], [0], 0],
    [[8, 1, 8, 128], [0, 2], 1],
    [[96, 64, 1, 1], [1], 1],
    [[96, 64, 1, 1], [-3], 0],
    // As they are: over the last axis, one in the middle, all, few elements.
    [[64, 96], [1], 0],
    [[16, 32, 16], [1], 0],
    [[64, 96], [0, 1], 0],
    [[8, 8], [0], 0],
  ];
  for (const [i, [dims, axes, keepdims]] of sums.entries()) {
    const x = b.input(`x${i}`, 'float32', dims);
    b.output(b.op('ReduceSum', [x, b.integers(...axes)], { keepdims }), `y${i}`);
  }
  const graphs = await withAndWithout('sum-by-product', b.finish(), 0, { tolerance: 1e-5 });
  assert.equal(count(graphs.without, 'ReduceSum') - count(graphs.with, 'ReduceSum'), 2);
  assert.equal(count(graphs.with, 'MatMul'), 2);
});

test('match-ranks gives scalars the rank of what ends in an axis of 1', async () => {
  const b = new GraphBuilder('ranks');
  const x = b.input('x', 'float32', [4, 8, 1, 1]);
  const half = b.scalar(0.5);
  const channels = b.constant(
    float32(
      [8, 1, 1],
      Float32Array.from({ length: 8 }, (_, i) => i),
    ),
  );
  b.output(b.op('Sub', [half, b.op('Mul', [x, half])]), 'ranked');
  b.output(b.op('Mul', [x, channels]), 'channels');
  b.output(b.op('Mul', [b.input('matrix', 'float32', [4, 8]), half]), 'matrix times half');
  const { with: graph } = await withAndWithout('match-ranks', b.finish(), 0);
  const ranks = graph.nodes.flatMap((n) => n.inputs.flatMap((v) => graph.initializers.get(v)?.dims.length ?? []));
  assert.deepEqual(ranks, [4, 4, 3, 0]);
});

/** A convolution with a batch norm behind it, and its gradients; `others` may read what the batch norm reads. */
function normed(dims: readonly number[], weights: readonly number[], group: number, others = false): Graph {
  const b = new GraphBuilder('normed');
  const x = b.input('x', 'float32', dims);
  const w = b.input('w', 'float32', weights);
  const [channels = 1] = weights;
  const scale = b.input('scale', 'float32', [channels]);
  const bias = b.input('bias', 'float32', [channels]);
  const pad = ((weights[2] ?? 1) - 1) / 2;
  const y = b.op('Conv', [x, w], { kernel_shape: weights.slice(2), pads: [pad, pad, pad, pad], group });
  const [z = ''] = b.ops('BatchNormTrain', 3, [y, scale, bias], { epsilon: 0.1 }, { domain: OWN_DOMAIN });
  const sum = b.op('Mul', [b.op('Tanh', [z]), others ? b.op('Tanh', [y]) : z]);
  for (const [name, g] of gradients(b, b.op('ReduceSum', [sum], { keepdims: 0 }), [x, w, scale, bias]))
    b.output(g, `d${name}`);
  return b.finish();
}

for (const layout of new Set([0, block])) {
  test(`postpone-scales has a convolution's gradients multiply weights instead of pictures, blocks of ${layout}`, async () => {
    for (const [weights, group] of [
      [[32, 16, 1, 1], 1],
      [[16, 16, 3, 3], 1],
      [[16, 1, 3, 3], 16],
    ] as const) {
      const graphs = await withAndWithout('postpone-scales', normed([8, 16, 12, 12], weights, group), layout, {
        tolerance: 5e-6,
      });
      // One sweep less over pictures: a depthwise convolution, or a Mul and that of a constant; two products of weights more.
      const convs = (g: Graph) => count(g, 'Conv');
      assert.equal(convs(graphs.without) - convs(graphs.with), layout === 0 ? 0 : 1);
      assert.equal(count(graphs.with, 'Mul') - count(graphs.without, 'Mul'), layout === 0 ? 0 : 1);
    }
  });
}

test('postpone-scales leaves large weights alone, and what others read', async () => {
  for (const graph of [normed([1, 16, 4, 4], [32, 16, 1, 1], 1), normed([8, 16, 12, 12], [16, 16, 1, 1], 1, true)]) {
    const graphs = await withAndWithout('postpone-scales', graph, 0);
    assert.equal(graphs.with.nodes.length, graphs.without.nodes.length);
  }
});
