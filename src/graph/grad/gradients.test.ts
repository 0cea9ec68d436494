import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Rng } from '../../core/rng.js';
import type { GraphBuilder } from '../builder.js';
import { lowerPlain } from '../lower/index.js';
import { OPS, opKey } from '../ops.js';
import { buildCase, type OpCase } from '../testing/case.js';
import { CASES } from '../testing/cases/index.js';
import { load, runGraph } from '../testing/run-graph.js';
import { float32, sizeOf, type TensorData, type Value } from '../types.js';
import { gradients } from './backward.js';
import { gradientRule } from './index.js';
import { noRule, zero } from './rule.js';

/** Places of each input at which the gradient is compared with differences. */
const PLACES = 12;
const TOLERANCE = 1e-2;
/** Smaller gradients are compared as if they were of this size: float32 leaves noise in the differences. */
const FLOOR = 0.05;

const weightsOf = (b: GraphBuilder, y: Value, seed: number): Float32Array => {
  const rng = new Rng(77, seed);
  return Float32Array.from({ length: sizeOf(b.dims(y)) }, () => rng.uniform(-1, 1));
};

async function checkGradient(c: OpCase): Promise<void> {
  const forward = buildCase(c);
  const read = forward.outputs.filter((_, i) => c.lossOf?.includes(i) ?? true);
  for (const y of forward.outputs) forward.b.output(y);
  const weights = read.map((y, i) => weightsOf(forward.b, y, i));
  const session = await load(lowerPlain(forward.b.finish()));
  const loss = async (feeds: Record<Value, TensorData>): Promise<number> => {
    const outputs = await session.run(feeds);
    let sum = 0;
    read.forEach((y, i) => {
      outputs[y]?.data.forEach((v: number | bigint, j: number) => {
        sum += Number(v) * (weights[i]?.[j] ?? 0);
      });
    });
    return sum;
  };

  const backward = buildCase(c);
  const { b } = backward;
  const terms = read.map((y, i) => {
    const float = b.dtype(y) === 'float32' ? y : b.op('Cast', [y], { to: 1 });
    const weighted = b.op('Mul', [float, b.constant(float32(b.dims(y), weights[i] ?? []))]);
    return b.op('ReduceSum', [weighted], { keepdims: 0 });
  });
  const grads = gradients(b, b.op('Sum', terms), [...backward.varied.keys()]);
  for (const [x, g] of grads) {
    assert.deepEqual(b.dims(g), b.dims(x), `the gradient of ${x} has another shape`);
    b.output(g, `d${x}`);
  }
  const feeds = Object.fromEntries(backward.varied);
  const results = await runGraph(lowerPlain(b.finish()), feeds);

  const h = c.step ?? 1e-2;
  for (const [x, tensor] of forward.varied) {
    const found = results[`d${x}`];
    assert.ok(found !== undefined && tensor.dtype === 'float32');
    assert.deepEqual(found.dims, tensor.dims);
    const places = new Rng(5).shuffle(Array.from(tensor.data.keys())).slice(0, PLACES);
    for (const place of places) {
      const at = (delta: number): Promise<number> => {
        const data = tensor.data.slice();
        data[place] = (data[place] ?? 0) + delta;
        return loss({ ...feeds, [x]: float32(tensor.dims, data) });
      };
      const expected = ((await at(h)) - (await at(-h))) / (2 * h);
      const got = Number(found.data[place]);
      const error = Math.abs(got - expected) / Math.max(FLOOR, Math.abs(expected));
      assert.ok(error <= TOLERANCE, `input ${x}, place ${place}: gradient ${got}, differences ${expected}`);
    }
  }
  await session.release();
}

for (const [family, cases] of Object.entries(CASES)) {
  describe(`gradients, ${family}`, () => {
    for (const c of cases) test(`${c.op} ${c.note ?? JSON.stringify(c.attributes ?? {})}`, () => checkGradient(c));
  });
}

test('every operator that has a rule is in the table of cases', () => {
  const tested = new Set(
    Object.values(CASES).flatMap((cases) => cases.map((c) => opKey({ op: c.op, domain: c.domain ?? '' }))),
  );
  const missing = OPS.filter((op) => ![zero, noRule].some((rule) => rule === gradientRule(op)) && !tested.has(op));
  assert.deepEqual(missing, []);
});
