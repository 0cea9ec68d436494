import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GraphBuilder } from './builder.js';
import { writableInPlace } from './in-place.js';

/** Whether a moving average m′ = m + s·(g − m) may replace m, with what else reads m. */
function replaceable(others: (b: GraphBuilder, m: string) => void): boolean {
  const b = new GraphBuilder('average');
  const m = b.input('m', 'float32', [4]);
  const step = b.op('Mul', [b.op('Sub', [b.input('g', 'float32', [4]), m]), b.scalar(0.1)]);
  const average = b.op('Add', [m, step]);
  b.output(average);
  others(b, m);
  return writableInPlace(b.finish(), new Map([[average, m]])).includes(average);
}

test('a moving average may be written over the old one', () => {
  assert.equal(
    replaceable(() => {}),
    true,
  );
});

test('but not while something that it does not wait for reads the old one, itself or as a view', () => {
  const others: ((b: GraphBuilder, m: string) => void)[] = [
    (b, m) => b.output(b.op('Neg', [m])),
    (b, m) => b.output(b.op('Reshape', [m, b.integers(2, 2)])),
    (b, m) => b.output(m),
  ];
  for (const other of others) assert.equal(replaceable(other), false);
});

test('nor by an operator that reads more than the element that it writes', () => {
  const b = new GraphBuilder('sorted');
  const x = b.input('x', 'float32', [2, 2]);
  const y = b.op('MatMul', [x, x]);
  b.output(y);
  assert.deepEqual(writableInPlace(b.finish(), new Map([[y, x]])), []);
});
