import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { readModel } from './onnx.js';
import { AttributeProto_AttributeType as AttributeType, ModelProtoSchema } from './proto/onnx_pb.js';
import { runGraph } from './testing/run-graph.js';
import { float32 } from './types.js';

type ModelInit = MessageInitShape<typeof ModelProtoSchema>;
const tensor = (name: string) => ({
  name,
  type: { value: { case: 'tensorType' as const, value: { elemType: 1, shape: { dim: [] } } } },
});

/** y = calls of the model's functions on x, a number. */
function modelWith(calls: NonNullable<ModelInit['graph']>['node'], functions: ModelInit['functions']): Uint8Array {
  const graph = { name: 'g', input: [tensor('x')], output: [tensor('y')], node: calls ?? [] };
  return toBinary(ModelProtoSchema, create(ModelProtoSchema, { irVersion: 8n, graph, functions: functions ?? [] }));
}

const reference = (name: string, to: string, type: AttributeType) => ({ name, refAttrName: to, type });
const float = (name: string, f: number) => ({ name, f, type: AttributeType.FLOAT });

/** leak(x) + leak(−x), the second through a function within it. */
const FUNCTIONS: ModelInit['functions'] = [
  {
    ...{ domain: 'own', name: 'Leak', input: ['a'], output: ['b'], attribute: ['slope'] },
    node: [
      {
        opType: 'LeakyRelu',
        input: ['a'],
        output: ['b'],
        attribute: [reference('alpha', 'slope', AttributeType.FLOAT)],
      },
    ],
  },
  {
    ...{ domain: 'own', name: 'Both', input: ['a', 'unused'], output: ['c'], attributeProto: [float('slope', 0.25)] },
    node: [
      { opType: 'Neg', input: ['a'], output: ['b'] },
      {
        ...{ domain: 'own', opType: 'Leak', input: ['b'], output: ['d'] },
        attribute: [reference('slope', 'slope', AttributeType.FLOAT)],
      },
      { domain: 'own', opType: 'Leak', input: ['a'], output: ['e'], attribute: [float('slope', 0.5)] },
      { opType: 'Add', input: ['d', 'e'], output: ['c'] },
    ],
  },
];

test("calls of a model's own functions become their nodes, with the attributes of the call or their defaults", async () => {
  const calls = [
    { domain: 'own', opType: 'Both', input: ['x'], output: ['once'] },
    { domain: 'own', opType: 'Both', input: ['once'], output: ['y'], attribute: [float('slope', 0)] },
  ];
  const { graph } = readModel(modelWith(calls, FUNCTIONS));
  const ops = ['Neg', 'LeakyRelu', 'LeakyRelu', 'Add'];
  assert.deepEqual(
    graph.nodes.map(({ op }) => op),
    [...ops, ...ops],
  );
  assert.equal(new Set(graph.nodes.flatMap(({ outputs }) => outputs)).size, 8);
  assert.equal(new Set(graph.nodes.map(({ name }) => name)).size, 8);
  // x = 2: once = −0.25·2 + 2 = 1.5, y = −0·1.5 + 1.5.  x = −2: once = 2 − 0.5·2 = 1, y = 1.
  for (const [x, y] of [
    [2, 1.5],
    [-2, 1],
  ] as const) {
    assert.deepEqual((await runGraph(graph, { x: float32([], [x]) })).y?.data, Float32Array.of(y));
  }
});

test('functions that call themselves, or stand for too many nodes, are an error', () => {
  const call = (name: string, output: string) => ({ domain: 'own', opType: name, input: ['a'], output: [output] });
  const calling = (name: string, ...inner: readonly string[]) => ({
    ...{ domain: 'own', name, input: ['a'], output: ['b'] },
    node: inner.map((called, i) => call(called, `${i}`)),
  });
  const endless = modelWith([call('F', 'y')], [calling('F', 'F')]);
  assert.throws(() => readModel(endless), { name: 'UserError', message: /functions call one another.*32 deep/ });
  const doubling = Array.from({ length: 24 }, (_, i) => calling(`F${i}`, `F${i + 1}`, `F${i + 1}`));
  const many = modelWith([call('F0', 'y')], doubling);
  assert.throws(() => readModel(many), { name: 'UserError', message: /more than 262144 nodes/ });
});
