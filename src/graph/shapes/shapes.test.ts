import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AttributeInput } from '../attributes.js';
import { GraphBuilder } from '../builder.js';
import { lowerPlain } from '../lower/index.js';
import { OPS, opKey } from '../ops.js';
import { buildCase, type OpCase } from '../testing/case.js';
import { CASES } from '../testing/cases/index.js';
import { withoutGradient } from '../testing/cases/without-gradient.js';
import { runGraph } from '../testing/run-graph.js';
import { type ArrayOf, type DType, float32, type Value } from '../types.js';

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
        'onecycle:MaxPoolGrad',
      ],
    );
  });
});

test('shapes that cannot be are errors that name the node', () => {
  const b = new GraphBuilder('g');
  const x = b.input('x', 'float32', [2, 5]);
  const impossible: readonly (readonly [
    op: string,
    inputs: readonly Value[],
    attributes?: Record<string, AttributeInput>,
  ])[] = [
    ['Reshape', [x, b.integers(-1, 4)]],
    ['Reshape', [x, b.integers(3, 3)]],
    ['Range', [b.scalar(0), b.scalar(3), b.scalar(0)]],
    ['MatMul', [x, x]],
    ['Add', [x, b.constant(float32([3], [1, 2, 3]))]],
    ['Concat', [x, b.constant(float32([1], [1]))], { axis: 0 }],
    ['Pad', [x, b.integers(0, -3, 0, -3)]],
    ['MaxPool', [b.input('z', 'float32', [1, 1, 2, 2])], { kernel_shape: [4, 4] }],
    ['Conv', [b.input('c', 'float32', [1, 3, 4, 4]), b.input('w', 'float32', [2, 2, 1, 1])]],
    ['SpaceToDepth', [b.input('s', 'float32', [1, 1, 3, 3])], { blocksize: 2 }],
  ];
  for (const [op, inputs, attributes] of impossible) {
    assert.throws(() => b.op(op, inputs, attributes, { name: 'here' }), {
      name: 'UserError',
      message: new RegExp(`^node here(_\\d+)* \\(${op}\\): `),
    });
  }
});
