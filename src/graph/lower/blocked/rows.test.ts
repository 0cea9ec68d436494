import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GraphBuilder } from '../../builder.js';
import { runGraph } from '../../testing/run-graph.js';
import { float32, type Graph, sizeOf } from '../../types.js';
import { movedRows } from './rows.js';

const PERM = [2, 0, 3, 1, 4];

/** Rows of a flat tensor moved, and the same by Transpose. */
function moved(dims: readonly number[]): Graph {
  const b = new GraphBuilder('rows');
  const x = b.input('x', 'float32', [sizeOf(dims)]);
  b.output(movedRows(b, x, dims, PERM), 'found');
  b.output(b.op('Transpose', [b.op('Reshape', [x, b.integers(...dims)])], { perm: PERM }), 'expected');
  return b.finish();
}

for (const { what, dims, gathers } of [
  { what: 'many short rows are gathered', dims: [2, 16, 8, 65, 16], gathers: true },
  { what: 'long rows are not', dims: [2, 4, 2, 9, 2000], gathers: false },
  { what: 'nor are few', dims: [2, 16, 3, 5, 16], gathers: false },
]) {
  test(`${what}, and come where Transpose has them`, async () => {
    const graph = moved(dims);
    assert.equal(
      graph.nodes.some((n) => n.op === 'Gather'),
      gathers,
    );
    const data = Float32Array.from({ length: sizeOf(dims) }, (_, i) => i);
    const { found, expected } = await runGraph(graph, { x: float32([data.length], data) });
    assert.ok(found !== undefined && expected !== undefined);
    assert.deepEqual(found.dims, expected.dims);
    assert.ok(found.data.every((v: number | bigint, i: number) => v === expected.data[i]));
  });
}
