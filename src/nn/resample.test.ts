import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GraphBuilder } from '../graph/builder.js';
import { runGraph } from '../graph/testing/run-graph.js';
import { float32, sizeOf, type Value } from '../graph/types.js';
import { Forward } from './forward.js';
import { adaptiveAveragePool, bicubicWeights } from './resample.js';
import { tracingSource } from './tracing.js';

/** What f gives for 0, 1, 2 … in the shape `dims`. */
async function apply(dims: readonly number[], f: (f: Forward, x: Value) => Value) {
  const b = new GraphBuilder('g');
  const y = f(new Forward(b, tracingSource(b, [], [])), b.input('x', 'float32', dims));
  b.output(y, 'y');
  const data = Float32Array.from({ length: sizeOf(dims) }, (_, i) => i);
  return (await runGraph(b.finish(), { x: float32(dims, data) })).y;
}

test('adaptive pooling is that of PyTorch, whether sides divide or not', async () => {
  const down = await apply([1, 1, 3, 4], (f, x) => adaptiveAveragePool(f, x, 2));
  assert.deepEqual(down?.dims, [1, 1, 2, 2]);
  assert.deepEqual([...(down?.data ?? [])], [2.5, 4.5, 6.5, 8.5]);
  const up = await apply([1, 1, 2, 2], (f, x) => adaptiveAveragePool(f, x, 3));
  assert.deepEqual([...(up?.data ?? [])], [0, 0.5, 1, 1, 1.5, 2, 2, 2.5, 3]);
});

test('bicubic weights are those of PyTorch with antialias', () => {
  const near = (actual: readonly number[] | undefined, expected: readonly number[]) => {
    expected.forEach((v, i) => {
      assert.ok(Math.abs((actual?.[i] ?? Number.NaN) - v) < 2e-6, `place ${i}: ${actual?.[i]}, not ${v}`);
    });
    assert.ok((actual ?? []).slice(expected.length).every((v) => v === 0));
  };
  const down = bicubicWeights(14, 4);
  near(down[0], [0.231601, 0.305254, 0.278113, 0.173827, 0.056929, -0.009516, -0.022805, -0.01267, -0.000732]);
  // biome-ignore format: a row
  near(down[1], [-0.020827, -0.008691, 0.05199, 0.158747, 0.253985, 0.278772, 0.211509, 0.103106, 0.012805, -0.018667, -0.017639, -0.005091]);
  const up = bicubicWeights(3, 5);
  near(up[0], [1.075472, -0.075472]);
  near(up[1], [0.649254, 0.395522, -0.044776]);
  near(up[2], [0, 1, 0]);
});
