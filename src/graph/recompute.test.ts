import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GraphBuilder } from './builder.js';
import { gradients } from './grad/backward.js';
import { lowerPlain } from './lower/index.js';
import { withoutUnread } from './prune.js';
import { recomputing } from './recompute.js';
import { runGraph } from './testing/run-graph.js';
import { float32, type Graph, type Node, sizeOf, type TensorData, type Value } from './types.js';

/** A tower of convolutions whose planes shrink, with its gradients. */
function tower() {
  const b = new GraphBuilder('tower');
  const x = b.input('x', 'float32', [2, 4, 16, 16]);
  const weights: Value[] = [];
  let y = x;
  for (let i = 0; i < 9; i++) {
    const w = b.input(`w${i}`, 'float32', [4, 4, 3, 3]);
    weights.push(w);
    const strides = i % 3 === 2 ? [2, 2] : [1, 1];
    y = b.op('Relu', [
      b.op('Conv', [y, w], { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides }, { name: `conv${i}` }),
    ]);
  }
  const loss = b.op('ReduceSum', [b.op('Mul', [y, y])], { keepdims: 0 });
  const forward = new Set(b.nodes.map((n) => n.name));
  const grads = gradients(b, loss, weights);
  b.output(loss, 'loss');
  for (const [name, g] of grads) b.output(g, `d${name}`);
  return { graph: b.finish(), forward, from: x, dims: (value: Value) => b.dims(value) };
}

const again = (graph: Graph) => graph.nodes.filter((n) => n.name.endsWith(':again'));

test('gradients are the same to the last bit when activations are computed again', async () => {
  const d = tower();
  const changed = withoutUnread(recomputing(d, 3));
  assert.ok(again(changed).length >= 6);
  const feeds: Record<string, TensorData> = {};
  d.graph.inputs.forEach(({ name, dims }, i) => {
    const shape = (dims ?? []).map(Number);
    feeds[name] = float32(
      shape,
      Float32Array.from({ length: sizeOf(shape) }, (_, j) => Math.sin(j * 12.9898 + i * 78.233) / 2),
    );
  });
  const [expected, found] = [await runGraph(lowerPlain(d.graph), feeds), await runGraph(lowerPlain(changed), feeds)];
  for (const { name } of d.graph.outputs) assert.deepEqual(found[name], expected[name], name);
});

test('the backward pass reads few of the activations that the forward pass made', () => {
  const d = tower();
  const kept = (graph: Graph) => {
    const made = new Set(graph.nodes.filter((n) => d.forward.has(n.name)).flatMap((n) => n.outputs));
    const reads = (n: Node) => (d.forward.has(n.name) ? [] : n.inputs.filter((x) => made.has(x)));
    return [...new Set(graph.nodes.flatMap(reads))].reduce((sum, value) => sum + sizeOf(d.dims(value)), 0);
  };
  const [all, few] = [kept(d.graph), kept(withoutUnread(recomputing(d, 3)))];
  assert.ok(few < all / 2, `${few} of ${all} values are kept`);
});

test('what is computed again waits for the backward pass', () => {
  const changed = recomputing(tower(), 3);
  const producers = new Map(changed.nodes.flatMap((n) => n.outputs.map((y) => [y, n] as const)));
  const dependsOn = (n: Node, op: string, seen = new Set<Node>()): boolean => {
    if (n.op === op) return true;
    if (seen.has(n)) return false;
    seen.add(n);
    return n.inputs.some((x) => {
      const producer = producers.get(x);
      return producer !== undefined && dependsOn(producer, op, seen);
    });
  };
  for (const n of again(changed)) assert.ok(dependsOn(n, 'ConvWeightGrad'), n.name);
});
