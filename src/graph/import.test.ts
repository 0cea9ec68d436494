import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type AttributeInput, toAttribute } from './attributes.js';
import { importGraph } from './import.js';
import { runGraph } from './testing/run-graph.js';
import { type Dim, type DType, float32, type Graph, int64, type Node, sizeOf, type TensorData } from './types.js';

function node(
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, AttributeInput>> = {},
): Node {
  return {
    op,
    domain: '',
    name: `n_${outputs[0]}`,
    inputs,
    outputs,
    attributes: Object.fromEntries(Object.entries(attributes).map(([k, v]) => [k, toAttribute(k, v)])),
  };
}

function graphOf(
  x: readonly Dim[],
  nodes: readonly Node[],
  initializers: Readonly<Record<string, TensorData>> = {},
  dtype: DType = 'float32',
): Graph {
  return {
    name: 'g',
    inputs: [{ name: 'x', dtype: 'float32', dims: x }],
    outputs: [{ name: 'y', dtype, dims: undefined }],
    nodes,
    initializers: new Map(Object.entries(initializers)),
    valueInfo: new Map(),
  };
}

const input = (dims: readonly number[]): TensorData =>
  float32(
    dims,
    Array.from({ length: sizeOf(dims) }, (_, i) => Math.sin(3 * i) + 0.01 * i),
  );

/** Both forms give the same on ONNX Runtime. Returns the operators of the imported form. */
async function same(graph: Graph, dims: readonly number[], opset?: number): Promise<string[]> {
  const feeds = { x: input(dims) };
  const expected = await runGraph(graph, feeds, opset);
  const b = importGraph(graph, { x: dims }, opset);
  const got = await runGraph(b.finish(), feeds);
  assert.deepEqual(got.y?.dims, expected.y?.dims);
  assert.deepEqual(b.dims('y'), expected.y?.dims);
  const values = Array.from<number | bigint>(got.y?.data ?? []);
  Array.from<number | bigint>(expected.y?.data ?? []).forEach((v, i) => {
    assert.ok(Math.abs(Number(v) - Number(values[i])) < 1e-6, `place ${i}: ${values[i]}, not ${v}`);
  });
  return b.nodes.map(({ op }) => op);
}

const scalar = (n: number) => int64([], [n]);
const vector = (...ns: number[]) => int64([ns.length], ns);

describe('shape arithmetic is done beforehand', () => {
  test('flatten, as exporters write it', async () => {
    const nodes = [
      node('Relu', ['x'], ['r']),
      node('Shape', ['r'], ['s']),
      node('Constant', [], ['zero'], { value: scalar(0) }),
      node('Gather', ['s', 'zero'], ['n'], { axis: 0 }),
      node('Constant', [], ['rest'], { value_ints: { kind: 'ints', value: [-1] } }),
      node('Unsqueeze', ['n', 'axes'], ['n1']),
      node('Concat', ['n1', 'rest'], ['shape'], { axis: 0 }),
      node('Reshape', ['r', 'shape'], ['y']),
    ];
    const ops = await same(graphOf(['batch', 3, 'h', 'w'], nodes, { axes: vector(0) }), [2, 3, 4, 5]);
    assert.deepEqual(ops, ['Relu', 'Reshape']);
  });

  test('a resize to twice the size, through floats', async () => {
    const nodes = [
      node('Shape', ['x'], ['s'], { start: 2 }),
      node('Cast', ['s'], ['f'], { to: 1 }),
      node('Mul', ['f', 'two'], ['g']),
      node('Floor', ['g'], ['h']),
      node('Cast', ['h'], ['hw'], { to: 7 }),
      node('Shape', ['x'], ['all']),
      node('Slice', ['all', 'from', 'to'], ['nc']),
      node('Concat', ['nc', 'hw'], ['sizes'], { axis: 0 }),
      node('Resize', ['x', '', '', 'sizes'], ['y'], { mode: 'linear' }),
    ];
    const constants = { two: float32([], [2]), from: vector(0), to: vector(2) };
    const ops = await same(graphOf(['n', 1, 'h', 'w'], nodes, constants), [1, 1, 2, 3]);
    assert.deepEqual(ops, ['Resize']);
  });

  test('a range that indexes', async () => {
    const nodes = [
      node('Shape', ['x'], ['s']),
      node('Gather', ['s', 'last'], ['n']),
      node('Range', ['zero', 'n', 'two'], ['indices']),
      node('Gather', ['x', 'indices'], ['y'], { axis: 1 }),
    ];
    const ops = await same(graphOf([3, 'n'], nodes, { last: scalar(-1), zero: scalar(0), two: scalar(2) }), [3, 5]);
    assert.deepEqual(ops, ['Gather']);
  });

  test('a mean over places, counted by their product', async () => {
    const nodes = [
      node('ReduceSum', ['x', 'places'], ['sum'], { keepdims: 0 }),
      node('Shape', ['x'], ['s']),
      node('Gather', ['s', 'places'], ['sides']),
      node('ReduceProd', ['sides'], ['count'], { keepdims: 0 }),
      node('CastLike', ['count', 'x'], ['number']),
      node('Div', ['sum', 'number'], ['y']),
    ];
    const ops = await same(graphOf(['n', 2, 'h', 'w'], nodes, { places: vector(2, 3) }), [1, 2, 3, 4]);
    assert.deepEqual(ops, ['ReduceSum', 'Div']);
  });

  test('a number of elements, and what is no number replaced', async () => {
    const nodes = [
      node('Size', ['x'], ['count']),
      node('Cast', ['count'], ['number'], { to: 1 }),
      node('Sqrt', ['x'], ['root']),
      node('IsNaN', ['root'], ['none']),
      node('Where', ['none', 'number', 'root'], ['y']),
    ];
    const ops = await same(graphOf([2, 3], nodes), [2, 3]);
    assert.deepEqual(ops, ['Sqrt', 'Equal', 'Not', 'Where']);
  });

  test('constants that nothing reads any more are dropped, shared weights stay one', () => {
    const nodes = [
      node('Identity', ['w'], ['v']),
      node('Reshape', ['x', 'shape'], ['r']),
      node('Add', ['v', 'r'], ['y']),
      node('Shape', ['r'], ['unused']),
    ];
    const b = importGraph(graphOf([4], nodes, { w: float32([2, 2], [1, 2, 3, 4]), shape: vector(2, 2) }));
    assert.deepEqual([...b.initializers.keys()].sort(), ['shape', 'v']);
    assert.deepEqual(
      b.nodes.map(({ op }) => op),
      ['Reshape', 'Add'],
    );
  });
});

describe('what is computed beforehand is what ONNX Runtime computes', () => {
  const f = (...xs: number[]) => float32([xs.length], xs);
  const t = (...xs: number[]): TensorData => ({ dtype: 'bool', dims: [xs.length], data: Uint8Array.from(xs) });
  const m = int64([2, 3], [5, -1, 2, 0, 7, 3]);
  const cases: readonly [op: string, inputs: readonly TensorData[], attributes?: Record<string, AttributeInput>][] = [
    ['Add', [m, vector(1, 2, 3)]],
    ['Sub', [int64([2, 1], [1, 2]), vector(1, 2, 3)]],
    ['Mul', [m, scalar(3)]],
    ['Div', [vector(7, -7, 8), vector(2, 2, -3)]],
    ['Div', [f(7, -7, 8), f(2, 2, -3)]],
    ['Mod', [vector(7, -7, 8), vector(3, 3, -3)]],
    ['Pow', [f(2, 3), f(3, 2)]],
    ['Min', [m, scalar(2)]],
    ['Max', [m, scalar(2), vector(3, 4, 1)]],
    ['Neg', [m]],
    ['Abs', [m]],
    ['Floor', [f(1.5, -1.5)]],
    ['Ceil', [f(1.5, -1.5)]],
    ['Sqrt', [f(4, 2)]],
    ['Reciprocal', [f(4, 0.5)]],
    ['Round', [f(0.5, 1.5, -1.5, -2.6)]],
    ['Clip', [f(-2), float32([], [-1]), float32([], [2])]],
    ['Clip', [m, scalar(2)]],
    ['Tile', [m, vector(1, 2)]],
    ['Cast', [f(1.7, -1.7)], { to: 7 }],
    ['Cast', [m], { to: 1 }],
    ['Equal', [m, scalar(2)]],
    ['Greater', [m, scalar(2)]],
    ['GreaterOrEqual', [m, scalar(2)]],
    ['Less', [m, scalar(2)]],
    ['LessOrEqual', [m, scalar(2)]],
    ['And', [t(1, 1, 0, 0), t(1, 0, 1, 0)]],
    ['Or', [t(1, 1, 0, 0), t(1, 0, 1, 0)]],
    ['Not', [t(1, 0)]],
    ['Where', [t(1, 0, 1), m, scalar(9)]],
    ['Gather', [m, int64([2, 2], [0, -1, 1, 1])], { axis: 1 }],
    ['Gather', [vector(4, 5, 6), scalar(-1)]],
    ['Slice', [m, vector(2, 0), vector(-9, 2), vector(1, 0), vector(-2, 1)]],
    ['Transpose', [m], { perm: [1, 0] }],
    ['Transpose', [int64([1, 2, 3], [1, 2, 3, 4, 5, 6])]],
    ['Concat', [m, int64([2, 1], [8, 9]), m], { axis: 1 }],
    ['Expand', [int64([2, 1], [1, 2]), vector(2, 3)]],
    ['ConstantOfShape', [vector(2, 3)], { value: int64([1], [7]) }],
    ['ConstantOfShape', [vector(2)]],
    ['Range', [scalar(5), scalar(-2), scalar(-3)]],
    ['Reshape', [m, vector(3, -1)]],
    ['Flatten', [m], { axis: 0 }],
    ['Squeeze', [int64([1, 2, 1], [1, 2]), vector(-1)]],
    ['Unsqueeze', [m, vector(0)]],
    ['ReduceSum', [m, vector(1)], { keepdims: 0 }],
    ['ReduceMax', [m, vector(0)]],
    ['ReduceMin', [m]],
    ['ReduceMean', [f(1, 2, 3, 5), vector(0)]],
  ];
  for (const [op, inputs, attributes] of cases) {
    test(`${op} ${JSON.stringify(attributes ?? {}, (_, v) => (typeof v === 'bigint' ? Number(v) : v))}`, async () => {
      const names = inputs.map((_, i) => `c${i}`);
      const constants = Object.fromEntries(inputs.map((tensor, i) => [`c${i}`, tensor]));
      const folded = importGraph(graphOf([1], [node(op, names, ['y'], attributes)], constants));
      assert.equal(folded.nodes.length, 0);
      const tensor = folded.initializers.get('y');
      assert.ok(tensor !== undefined);
      const graph = graphOf([1], [node(op, names, ['y'], attributes)], constants, tensor.dtype);
      const expected = await runGraph(graph, { x: input([1]) });
      assert.deepEqual(tensor.dims, expected.y?.dims);
      assert.deepEqual(Array.from<unknown>(tensor.data), Array.from<unknown>(expected.y?.data ?? []));
    });
  }
});

test('arithmetic on stored weights stays, so that they can be trained', () => {
  const weights = { w: float32([2, 2], [1, 2, 3, 5]), v: float32([2], [1, 2]), half: float32([], [0.5]) };
  const nodes = [
    node('Reshape', ['w', 'dims'], ['row']),
    node('ReduceMean', ['row', 'axis'], ['mean']),
    node('Mul', ['v', 'half'], ['scale']),
    node('Sqrt', ['v'], ['deviation']),
    node('Shape', ['w'], ['shape']),
    node('Sum', ['x', 'mean', 'scale', 'deviation'], ['z']),
    node('Expand', ['z', 'shape'], ['y']),
  ];
  const b = importGraph(graphOf([2, 2, 2], nodes, { ...weights, dims: vector(2, 1, 2), axis: vector(2) }));
  assert.deepEqual(
    b.nodes.map(({ op }) => op),
    ['ReduceMean', 'Mul', 'Sum', 'Expand'],
  );
});

describe('nodes of older operator sets', () => {
  const w = float32([3], [0.5, 1.5, 1]);
  const cases: readonly [
    opset: number,
    op: string,
    dims: readonly number[],
    attributes: Record<string, AttributeInput>,
    constants?: Record<string, TensorData>,
  ][] = [
    [11, 'Squeeze', [2, 1, 3], { axes: [1] }],
    [11, 'Unsqueeze', [2, 3], { axes: [0, 2] }],
    [11, 'ReduceSum', [2, 3], { axes: [1], keepdims: 0 }],
    [13, 'ReduceMean', [2, 3], { axes: [-1] }],
    [17, 'ReduceMax', [2, 3], { axes: [0] }],
    [17, 'ReduceMin', [2, 3], {}],
    [13, 'ReduceL2', [2, 3], { axes: [1] }],
    [13, 'ReduceSumSquare', [2, 3], { axes: [1] }],
    [9, 'Slice', [4, 5], { starts: [1, 0], ends: [3, 2 ** 63], axes: [1, 0] }],
    [9, 'Slice', [4, 5], { starts: [1], ends: [3] }],
    [10, 'Clip', [2, 3], { min: { kind: 'float', value: -0.5 }, max: { kind: 'float', value: 0.5 } }],
    [10, 'Clip', [2, 3], { max: { kind: 'float', value: 0.5 } }],
    [10, 'Pad', [2, 3], { pads: [1, 0, 0, 2], value: { kind: 'float', value: 0.5 } }],
    [10, 'Pad', [4, 3], { pads: [1, 0, 0, 2], mode: 'reflect' }],
    [10, 'Dropout', [2, 3], { ratio: 0.3 }],
    [9, 'BatchNormalization', [2, 3, 2, 2], { epsilon: 0.01 }, { scale: w, bias: w, mean: w, variance: w }],
    [11, 'Softmax', [2, 3, 4], {}],
    [11, 'Softmax', [2, 3, 4], { axis: 2 }],
    [11, 'LogSoftmax', [2, 3, 4], { axis: -2 }],
    [11, 'Split', [2, 3], { split: [3], axis: 1 }],
    [13, 'Split', [2, 3], { axis: 1 }],
    [10, 'Resize', [1, 1, 2, 3], { mode: 'linear' }, { scales: float32([4], [1, 1, 2, 2]) }],
    [10, 'Resize', [1, 1, 2, 3], {}, { scales: float32([4], [1, 1, 2, 1.5]) }],
    [9, 'Upsample', [1, 1, 2, 3], { mode: 'nearest' }, { scales: float32([4], [1, 1, 2, 2]) }],
    [8, 'Upsample', [1, 1, 2, 3], { mode: 'linear', scales: { kind: 'floats', value: [1, 1, 2, 3] } }],
    [7, 'Add', [2, 3], {}, { w }],
    [20, 'Elu', [2, 3], { alpha: 0.7 }],
    [20, 'Celu', [2, 3], { alpha: 0.7 }],
    [20, 'Selu', [2, 3], {}],
    [20, 'Mish', [2, 3], {}],
    [20, 'Softsign', [2, 3], {}],
    [13, 'Mean', [2, 3], {}, { w }],
    [13, 'ReduceL1', [2, 3], { axes: [1], keepdims: 0 }],
    [18, 'ReduceL1', [2, 3], { keepdims: 0 }, { axes: vector(-1) }],
    [13, 'LRN', [2, 4, 3, 2], { size: 3, alpha: 0.5, beta: { kind: 'float', value: 0.75 }, bias: 2 }],
    [
      21,
      'GroupNormalization',
      [2, 4, 3, 2],
      { num_groups: 2 },
      { scale: float32([4], [1, 2, 3, 4]), bias: float32([4], [4, 3, 2, 1]) },
    ],
    [20, 'Trilu', [2, 3, 4], {}],
    [20, 'Trilu', [3, 3], { upper: 0 }, { k: int64([], [-1]) }],
    [20, 'ThresholdedRelu', [2, 3], { alpha: 0.3 }],
    [18, 'Col2Im', [2, 12, 8], {}, { image: vector(4, 5), block: vector(3, 2) }],
    [
      18,
      'Col2Im',
      [1, 18, 6],
      { pads: [1, 1, 1, 0], strides: [2, 2], dilations: [1, 1] },
      { image: vector(4, 6), block: vector(3, 3) },
    ],
    [23, 'Attention', [2, 2, 3, 4], { is_causal: 1 }, { k: input([2, 2, 3, 4]), v: input([2, 2, 3, 5]) }],
    [
      23,
      'Attention',
      [2, 3, 8],
      { q_num_heads: 2, kv_num_heads: 2, scale: { kind: 'float', value: 0.3 }, softcap: { kind: 'float', value: 2 } },
      { k: input([2, 5, 8]), v: input([2, 5, 6]), mask: input([3, 5]) },
    ],
    [
      23,
      'Attention',
      [1, 2, 2, 4],
      {},
      {
        k: input([1, 2, 3, 4]),
        v: input([1, 2, 3, 4]),
        mask: { dtype: 'bool', dims: [2, 3], data: Uint8Array.of(1, 0, 1, 0, 1, 1) },
      },
    ],
  ];
  for (const [opset, op, dims, attributes, constants = {}] of cases) {
    test(`${op} of ${opset} ${JSON.stringify(attributes)}`, async () => {
      await same(
        graphOf(dims, [node(op, ['x', ...Object.keys(constants)], ['y'], attributes)], constants),
        dims,
        opset,
      );
    });
  }
});

describe('graphs that cannot be imported say why', () => {
  const relu = node('Relu', ['x'], ['y']);
  test('an operator that is not known', () => {
    const graph = graphOf([2], [{ ...node('Attention', ['x'], ['y']), domain: 'com.microsoft', name: 'att' }]);
    assert.throws(() => importGraph(graph), {
      name: 'UserError',
      message: /node att \(com\.microsoft:Attention\).*not known/,
    });
  });
  test('an open shape', () => {
    assert.throws(() => importGraph(graphOf(['batch', 3], [relu])), {
      name: 'UserError',
      message: /"x" has the open shape \[batch,3\]/,
    });
  });
  test('a shape of another rank', () => {
    assert.throws(() => importGraph(graphOf(['batch', 3], [relu]), { x: [1, 3, 2] }), {
      name: 'UserError',
      message: /2 dimensions/,
    });
  });
  test('an input that is not there', () => {
    assert.throws(() => importGraph(graphOf([3], [relu]), { z: [3] }), {
      name: 'UserError',
      message: /no input "z"; it has "x"/,
    });
  });
  test('a value that is computed nowhere', () => {
    const graph = graphOf([2], [node('Relu', ['lost'], ['y'])]);
    assert.throws(() => importGraph(graph), { name: 'UserError', message: /n_y \(Relu\).*"lost"/ });
    assert.throws(() => importGraph(graphOf([2], [])), { name: 'UserError', message: /never computes its output "y"/ });
  });
  test('shapes that do not fit', () => {
    const graph = graphOf([2, 3], [node('MatMul', ['x', 'x'], ['y'])]);
    assert.throws(() => importGraph(graph), { name: 'UserError', message: /n_y \(MatMul\): \[2,3\] and \[2,3\]/ });
  });
  test('a shape that depends on the data', () => {
    const nodes = [node('Cast', ['x'], ['s'], { to: 7 }), node('Reshape', ['x', 's'], ['y'])];
    assert.throws(() => importGraph(graphOf([2], nodes)), {
      name: 'UserError',
      message: /n_y \(Reshape\): input 1 \(s\) must be a constant/,
    });
  });
  test('nodes with one name stay apart', () => {
    const twins = [
      { ...node('Relu', ['x'], ['a']), name: 'twin' },
      { ...node('Neg', ['a'], ['y']), name: 'twin' },
    ];
    assert.equal(new Set(importGraph(graphOf([2], twins)).nodes.map(({ name }) => name)).size, 2);
  });
});
