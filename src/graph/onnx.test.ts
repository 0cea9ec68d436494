import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import { UserError } from '../core/errors.js';
import { modelOf } from './model.js';
import { bytesOf, readModel, readTensor, tensorFromBytes, writeModel } from './onnx.js';
import { type ModelProto, ModelProtoSchema, TensorProto_DataLocation, TensorProtoSchema } from './proto/onnx_pb.js';
import { type Attribute, type DType, float32, type Graph, int64, type Node, type TensorData } from './types.js';

const TENSORS: { readonly [T in DType]: Extract<TensorData, { dtype: T }> } = {
  float32: { dtype: 'float32', dims: [2], data: Float32Array.of(1.5, -2) },
  float16: { dtype: 'float16', dims: [2], data: Uint16Array.of(0x3c00, 0xc000) },
  float64: { dtype: 'float64', dims: [2], data: Float64Array.of(1e-300, 3) },
  int8: { dtype: 'int8', dims: [2], data: Int8Array.of(-128, 127) },
  uint8: { dtype: 'uint8', dims: [2], data: Uint8Array.of(0, 255) },
  int16: { dtype: 'int16', dims: [2], data: Int16Array.of(-5, 500) },
  uint16: { dtype: 'uint16', dims: [2], data: Uint16Array.of(5, 65535) },
  int32: { dtype: 'int32', dims: [2], data: Int32Array.of(-5, 2 ** 31 - 1) },
  uint32: { dtype: 'uint32', dims: [2], data: Uint32Array.of(5, 2 ** 32 - 1) },
  int64: { dtype: 'int64', dims: [2], data: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n) },
  uint64: { dtype: 'uint64', dims: [2], data: BigUint64Array.of(0n, 2n ** 64n - 1n) },
  bool: { dtype: 'bool', dims: [2], data: Uint8Array.of(1, 0) },
  bfloat16: { dtype: 'bfloat16', dims: [2], data: Uint16Array.of(0x3f80, 0) },
  string: { dtype: 'string', dims: [2], data: ['cat', 'Hündin'] },
};

const identity: Node = { op: 'Identity', domain: '', name: 'id', inputs: ['x'], outputs: ['y'], attributes: {} };

function graphWith(changes: Partial<Graph> = {}): Graph {
  return {
    name: 'g',
    inputs: [{ name: 'x', dtype: 'float32', dims: ['batch', 3] }],
    outputs: [{ name: 'y', dtype: 'float32', dims: undefined }],
    nodes: [identity],
    initializers: new Map(),
    valueInfo: new Map(),
    ...changes,
  };
}

/** A model whose only initializer is what a file might say. */
function fileWith(tensor: Parameters<typeof create<typeof TensorProtoSchema>>[1]): Uint8Array {
  const model: ModelProto = create(ModelProtoSchema, {
    irVersion: 9n,
    graph: { name: 'g', initializer: [create(TensorProtoSchema, { name: 'w', ...tensor })] },
  });
  return toBinary(ModelProtoSchema, model);
}

test('a small file cannot ask for much memory: fields are counted, and nesting is bounded, before any is read', () => {
  const length = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...length(n >>> 7)]);
  const field = (number: number, content: Uint8Array): Uint8Array => {
    const head = [number * 8 + 2, ...length(content.length)];
    const out = new Uint8Array(head.length + content.length);
    out.set(head);
    out.set(content, head.length);
    return out;
  };
  // Five million nodes without anything in them.
  const nodes = new Uint8Array(1e7);
  for (let i = 0; i < nodes.length; i += 2) nodes[i] = 0x0a;
  assert.throws(() => readModel(field(7, nodes)), /more than 1048576 fields/);
  // A graph in an attribute of a node of a graph …
  let graph: Uint8Array = new Uint8Array();
  for (let i = 0; i < 1000; i++) graph = field(1, field(5, field(6, graph)));
  assert.throws(() => readModel(field(7, graph)), /nested more than 200 deep/);
  assert.throws(() => readModel(Uint8Array.of(7 * 8 + 2, 0xff, 0xff, 0x03)), UserError);
});

describe('writing and reading', () => {
  test('a model comes back as it was', () => {
    const model = modelOf(graphWith({ valueInfo: new Map([['z', { name: 'z', dtype: 'int64', dims: [1, 'n'] }]]) }), {
      labels: 'cat,dog',
    });
    assert.deepEqual(readModel(writeModel(model)), model);
  });

  for (const tensor of Object.values(TENSORS)) {
    test(`${tensor.dtype} tensors, as initializer and attribute`, () => {
      const nodes = [{ ...identity, attributes: { value: { kind: 'tensor', value: tensor } as const } }];
      const model = modelOf(graphWith({ nodes, initializers: new Map([['w', tensor]]) }));
      assert.deepEqual(readModel(writeModel(model)), model);
    });
  }

  const attributes: readonly Attribute[] = [
    { kind: 'int', value: -7 },
    { kind: 'ints', value: [1, -2, 3] },
    { kind: 'ints', value: [] },
    { kind: 'float', value: 0.5 },
    { kind: 'floats', value: [0.5, -1.25] },
    { kind: 'string', value: 'SAME_UPPER' },
    { kind: 'strings', value: ['a', 'ü'] },
    { kind: 'tensor', value: float32([], [3]) },
    { kind: 'graph', value: graphWith() },
  ];
  for (const a of attributes) {
    test(`attributes of kind ${a.kind} ${JSON.stringify(a.value).slice(0, 20)}`, () => {
      const model = modelOf(graphWith({ nodes: [{ ...identity, attributes: { a } }] }));
      assert.deepEqual(readModel(writeModel(model)), model);
    });
  }

  test('an int beyond the range of a number stays in the range of int64', () => {
    const a: Attribute = { kind: 'ints', value: [Number(2n ** 63n - 1n), -(2 ** 63)] };
    const read = readModel(writeModel(modelOf(graphWith({ nodes: [{ ...identity, attributes: { a } }] }))));
    assert.deepEqual(read.graph.nodes[0]?.attributes.a, a);
    assert.deepEqual(int64([1], [2 ** 63]).data, BigInt64Array.of(2n ** 63n - 1n));
  });

  test('a view into a larger buffer, as Node gives files', () => {
    const bytes = writeModel(modelOf(graphWith({ initializers: new Map([['w', float32([3], [1, 2, 3])]]) })));
    const file = Buffer.concat([Buffer.from('before'), bytes]).subarray(6);
    assert.deepEqual(readModel(file).graph.initializers.get('w'), float32([3], [1, 2, 3]));
  });
});

describe('the typed fields of a tensor', () => {
  const fields = [
    { dataType: 1, floatData: [1.5, -2], expected: TENSORS.float32 },
    { dataType: 11, doubleData: [1e-300, 3], expected: TENSORS.float64 },
    { dataType: 7, int64Data: [-(2n ** 63n), 2n ** 63n - 1n], expected: TENSORS.int64 },
    { dataType: 13, uint64Data: [0n, 2n ** 64n - 1n], expected: TENSORS.uint64 },
    { dataType: 12, uint64Data: [5n, 2n ** 32n - 1n], expected: TENSORS.uint32 },
    { dataType: 6, int32Data: [-5, 2 ** 31 - 1], expected: TENSORS.int32 },
    { dataType: 5, int32Data: [-5, 500], expected: TENSORS.int16 },
    { dataType: 4, int32Data: [5, 65535], expected: TENSORS.uint16 },
    { dataType: 3, int32Data: [-128, 127], expected: TENSORS.int8 },
    { dataType: 2, int32Data: [0, 255], expected: TENSORS.uint8 },
    { dataType: 9, int32Data: [1, 0], expected: TENSORS.bool },
    { dataType: 10, int32Data: [0x3c00, 0xc000], expected: TENSORS.float16 },
    { dataType: 16, int32Data: [0x3f80, 0], expected: TENSORS.bfloat16 },
  ];
  for (const { expected, ...field } of fields) {
    test(expected.dtype, () => {
      assert.deepEqual(readTensor(create(TensorProtoSchema, { dims: [2n], ...field })), expected);
    });
  }
});

describe('tensors in another file', () => {
  const stored = {
    dims: [2n],
    dataType: 1,
    dataLocation: TensorProto_DataLocation.EXTERNAL,
    externalData: [
      { key: 'location', value: 'weights.bin' },
      { key: 'offset', value: '4' },
      { key: 'length', value: '8' },
    ],
  };
  const file = bytesOf(float32([4], [9, 1, 2, 9]));

  test('are read from their place', () => {
    const model = readModel(fileWith(stored), (location, offset, length) => {
      assert.equal(location, 'weights.bin');
      return file.subarray(offset, offset + (length ?? 0));
    });
    assert.deepEqual(model.graph.initializers.get('w'), float32([2], [1, 2]));
  });

  test('are an error without a reader, or in a wrong place', () => {
    assert.throws(() => readModel(fileWith(stored)), { name: 'UserError', message: /tensor w: .*another file/ });
    const wrong = {
      ...stored,
      externalData: [
        { key: 'location', value: 'f' },
        { key: 'offset', value: '-4' },
      ],
    };
    assert.throws(() => readModel(fileWith(wrong), () => file), { name: 'UserError', message: /offset "-4"/ });
    assert.throws(() => readModel(fileWith(stored), () => file), {
      name: 'UserError',
      message: /needs 8 bytes, not 16/,
    });
    const nameless = { ...stored, externalData: [] };
    assert.throws(() => readModel(fileWith(nameless), () => file), { name: 'UserError' });
  });
});

describe('files that are wrong', () => {
  test('no ONNX', () => {
    for (const bytes of [
      new Uint8Array(0),
      new TextEncoder().encode('<html>not found</html>'),
      Uint8Array.of(255, 255, 255),
    ]) {
      assert.throws(() => readModel(bytes), { name: 'UserError', message: /not an ONNX model/ });
    }
  });

  test('cut or altered anywhere: a UserError or a model, nothing else', () => {
    const good = writeModel(
      modelOf(
        graphWith({
          initializers: new Map<string, TensorData>([
            ['w', float32([3], [1, 2, 3])],
            ['s', TENSORS.string],
          ]),
        }),
      ),
    );
    const check = (bytes: Uint8Array): void => {
      try {
        readModel(bytes);
      } catch (error) {
        assert.ok(error instanceof UserError, String(error));
      }
    };
    for (let i = 0; i < good.length; i++) {
      check(good.subarray(0, i));
      for (const flip of [1, 128, 255]) {
        const bad = good.slice();
        bad[i] = (bad[i] ?? 0) ^ flip;
        check(bad);
      }
    }
  });

  const tensors = {
    'a shape without its data': { dims: [2n ** 40n, 2n ** 20n], dataType: 1 },
    'a shape with too few data': { dims: [2n ** 40n], dataType: 1, rawData: new Uint8Array(8) },
    'a part of an element': { dims: [2n], dataType: 1, rawData: new Uint8Array(7) },
    'a negative dimension': { dims: [-2n, -2n], dataType: 1, floatData: [1, 2, 3, 4] },
    'too many strings': { dims: [1n], dataType: 8, stringData: [new Uint8Array(1), new Uint8Array(1)] },
    'an element type that is not known': { dims: [1n], dataType: 77, rawData: new Uint8Array(1) },
    'no element type': { dims: [1n], rawData: new Uint8Array(4) },
  };
  for (const [name, tensor] of Object.entries(tensors)) {
    test(name, () => {
      assert.throws(() => readModel(fileWith(tensor)), { name: 'UserError', message: /tensor w: / });
    });
  }

  test('graphs nested without end', () => {
    let graph = graphWith();
    for (let i = 0; i < 40; i++) {
      graph = graphWith({ nodes: [{ ...identity, attributes: { body: { kind: 'graph', value: graph } } }] });
    }
    const bytes = writeModel(modelOf(graph));
    assert.throws(() => readModel(bytes), { name: 'UserError', message: /nested|not an ONNX/ });
  });

  test('an attribute named __proto__ is only an attribute', () => {
    const attributes = Object.fromEntries([['__proto__', { kind: 'int', value: 1 } as const]]);
    const read = readModel(writeModel(modelOf(graphWith({ nodes: [{ ...identity, attributes }] }))));
    const found = read.graph.nodes[0]?.attributes ?? {};
    assert.deepEqual(Object.keys(found), ['__proto__']);
    assert.equal(Object.getPrototypeOf(found), Object.prototype);
  });

  test('bytes that do not fit a shape', () => {
    assert.throws(() => tensorFromBytes('float32', [2], new Uint8Array(4)), { name: 'UserError' });
  });
});
