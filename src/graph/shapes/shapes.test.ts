import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { lowerPlain } from '../lower/index.js';
import { OPS, opKey } from '../ops.js';
import { buildCase, type OpCase } from '../testing/case.js';
import { CASES } from '../testing/cases/index.js';
import { withoutGradient } from '../testing/cases/without-gradient.js';
import { runGraph } from '../testing/run-graph.js';
import type { ArrayOf, DType } from '../types.js';

const ARRAYS: Partial<{ [T in DType]: new () => ArrayOf[T] }> = {
  float32: Float32Array,
  float64: Float64Array,
  int64: BigInt64Array,
  bool: Uint8Array,
};

const ALL: Readonly<Record<string, readonly OpCase[]>> = { ...CASES, 'without gradient': withoutGradient };

describe('shapes and element types are those of ONNX Runtime', () => {
  for (const [family, cases] of Object.entries(ALL)) {
    test(family, async () => {
      for (const c of cases) {
        const note = `${c.op} ${c.note ?? ''}`;
        const { b, outputs, varied } = buildCase(c);
        for (const y of outputs) b.output(y);
        const results = await runGraph(lowerPlain(b.finish()), Object.fromEntries(varied));
        for (const y of outputs) {
          assert.deepEqual(results[y]?.dims, b.dims(y), note);
          const array = ARRAYS[b.dtype(y)];
          assert.ok(array !== undefined && results[y]?.data instanceof array, note);
        }
      }
    });
  }

  test('every operator is in the tables, but those that only gradients write', () => {
    const tested = new Set(
      Object.values(ALL).flatMap((cases) => cases.map((c) => opKey({ op: c.op, domain: c.domain ?? '' }))),
    );
    assert.deepEqual(
      OPS.filter((op) => !tested.has(op)),
      [
        'onecycle:ConvInputGrad',
        'onecycle:ConvWeightGrad',
        'onecycle:BatchNormGrad',
        'onecycle:ReluGrad',
        'onecycle:ClipGrad',
      ],
    );
  });
});
