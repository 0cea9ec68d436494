import assert from 'node:assert/strict';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { layoutOf } from './engine/layout.js';
import type { Network } from './engine/network.js';
import { buildExportGraph, buildPredictGraph } from './engine/predict-graph.js';
import { initialValues } from './engine/values.js';
import { modelOf } from './graph/model.js';
import { writeModel } from './graph/onnx.js';
import { runGraph } from './graph/testing/run-graph.js';
import { float32, type Graph, int64, type Node, sizeOf } from './graph/types.js';
import { models } from './models.js';
import { type Architecture, assertTakesSize } from './nn/architecture.js';
import { l2, uniform } from './testing/golden.js';
import { lossAndGradients, modelFile, readReference } from './testing/onnx-files.js';

const folder = await mkdtemp(join(tmpdir(), 'onecycle-onnx-'));
after(() => rm(folder, { recursive: true }));

const NORM = { mean: [0.5, 0.4, 0.3], std: [0.2, 0.25, 0.3] } as const;

/** A network of its own classifier or head, its values, and a file that it was exported to. */
async function exported(arch: Architecture, file: string, head: Network['head'] = { kind: 'original' }) {
  const net: Network = { arch, classes: 5, head, ...NORM };
  const values = initialValues(layoutOf(net, 64), 1);
  const path = join(folder, file);
  await writeFile(path, writeModel(modelOf(buildExportGraph(net, values, 64), { 'onecycle.classes': '[]' })));
  return { net, values, path };
}

function valuesOf(arch: Architecture): Map<string, Float32Array> {
  const tensors = [...(arch.imported?.tensors ?? [])];
  return new Map(tensors.map(([name, t]) => [name, t.dtype === 'float32' ? t.data : assert.fail(name)]));
}

async function outputOf(graph: Graph, input: string, n: number, size: number): Promise<Float32Array> {
  const data = Float32Array.from(uniform(1, n * 3 * size * size), (u) => 0.5 + 0.5 * u);
  const results = await runGraph(graph, { [input]: float32([n, 3, size, size], data) });
  const [output] = graph.outputs;
  const found = results[output?.name ?? '']?.data;
  return found instanceof Float32Array ? found : assert.fail('no float32 output');
}

function assertClose(actual: Float32Array, expected: Float32Array, tolerance = 1e-4): void {
  assert.equal(actual.length, expected.length);
  actual.forEach((v, i) => {
    assert.ok(Math.abs(v - (expected[i] ?? Number.NaN)) <= tolerance, `place ${i}: ${v}, not ${expected[i]}`);
  });
}

describe('a model that onecycle exported', () => {
  test('comes back without its head, at other sizes and for other numbers of pictures', async () => {
    const { net, values, path } = await exported(models.simple_cnn, 'simple.onnx', { kind: 'concat-pool', hidden: 16 });
    const arch = await models.fromOnnx(path);
    assert.equal(arch.imported?.form, 'planes');
    assert.equal(arch.groups.length, 2);
    // Normalisation is inside the graph.
    assert.deepEqual(arch.imported?.preprocessing.mean, [0, 0, 0]);
    const bare = { ...net, mean: [0, 0, 0], std: [1, 1, 1] } as const;
    for (const [n, size] of [
      [1, 64],
      [3, 48],
    ] as const) {
      const own = buildPredictGraph(
        { ...bare, arch, head: { kind: 'original' } },
        valuesOf(arch),
        size,
        'features',
        'normalised',
      );
      const native = buildPredictGraph({ ...net, head: { kind: 'original' } }, values, size, 'features');
      const pictures = Float32Array.from(uniform(1, n * 3 * size * size), (u) => Math.round(127.5 + 127.5 * u));
      const expected = await runGraph(native, {
        pictures: { dtype: 'uint8', dims: [n, 3, size, size], data: Uint8Array.from(pictures) },
      });
      const actual = await runGraph(own, {
        pictures: float32(
          [n, 3, size, size],
          pictures.map((v) => v / 255),
        ),
      });
      assertClose(actual.features?.data as Float32Array, expected.features?.data as Float32Array, 1e-3);
    }
  });
});

test('its own classifier is there, too', async () => {
  const { net, values, path } = await exported(models.simple_cnn, 'classifier.onnx');
  const arch = await models.fromOnnx(path);
  assert.equal(arch.imported?.classes, 5);
  const graph = buildPredictGraph(
    { ...net, arch, mean: [0, 0, 0], std: [1, 1, 1] },
    valuesOf(arch),
    64,
    'all',
    'normalised',
  );
  const whole = buildExportGraph(net, values, 64);
  const logits = { ...whole, outputs: whole.outputs.filter(({ name }) => name === 'logits') };
  assertClose(await outputOf(graph, 'pictures', 2, 64), await outputOf(logits, 'image', 2, 64));
});

describe('exports of other frameworks', () => {
  const files = [
    { file: 'unfolded', what: 'PyTorch, batch norms as they are', form: 'planes', norms: 4 },
    { file: 'folded', what: 'PyTorch, batch norms folded, one picture', form: 'planes', norms: 0 },
    { file: 'dynamo', what: "PyTorch's exporter of 2.5 and newer", form: 'planes', norms: 0 },
    { file: 'transformer', what: 'a transformer made for one picture', form: 'vector', norms: 0 },
    { file: 'transformer-dynamo', what: 'a transformer, any number of pictures', form: 'vector', norms: 0 },
    { file: 'keras', what: 'Keras and tf2onnx, channels last', form: 'planes', norms: 0 },
  ] as const;
  for (const { file, what, form, norms } of files) {
    test(`${what}: logits, loss and every gradient`, async () => {
      const arch = await models.fromOnnx(modelFile(file));
      const { imported } = arch;
      assert.ok(imported !== undefined);
      assert.deepEqual([imported.form, imported.norms, imported.classes], [form, norms, 5]);
      assert.equal(arch.groups.length, 2);
      const reference = readReference(file);
      const { size } = reference;
      const n = reference.logits.length;
      const bytes = file === 'keras';
      const u = uniform(7, n * 3 * size * size);
      const pictures = Float32Array.from(u, (v) => (bytes ? Math.round(127.5 + 127.5 * v) : v));
      // Keras' network divides bytes itself.
      if (bytes) assert.deepEqual(imported.preprocessing.std, [1 / 255, 1 / 255, 1 / 255]);
      const own = await lossAndGradients(arch, pictures, n, size);
      assertClose(own.logits, Float32Array.from(reference.logits.flat()), 2e-4);
      assert.ok(Math.abs(own.loss - reference.loss) < 1e-4, `loss ${own.loss}, not ${reference.loss}`);
      assert.deepEqual([...own.names].sort(), Object.keys(reference.grads).sort());
      for (const [name, expected] of Object.entries(reference.grads)) {
        const g = own.gradient(name);
        const floor = Math.max(expected.l2, 1e-4);
        assert.ok(Math.abs(l2(g) - expected.l2) < 1e-3 * floor, `${name}: norm ${l2(g)}, not ${expected.l2}`);
        const usual = floor / Math.sqrt(g.length);
        expected.head.forEach((v, i) => {
          assert.ok(Math.abs((g[i] ?? Number.NaN) - v) < 1e-2 * usual, `${name}, value ${i}: ${g[i]}, not ${v}`);
        });
      }
    });
  }

  test('norms that were folded are put back as scale and shift, and change nothing', async () => {
    const [folded, restored] = [
      await models.fromOnnx(modelFile('dynamo')),
      await models.fromOnnx(modelFile('dynamo'), { restoreNorm: true }),
    ];
    const pictures = Float32Array.from(uniform(7, 2 * 3 * 32 * 32));
    const [a, b] = [await lossAndGradients(folded, pictures, 2, 32), await lossAndGradients(restored, pictures, 2, 32)];
    assertClose(b.logits, a.logits, 1e-5);
    assert.ok(b.names.includes('stem.norm.weight') && !a.names.includes('stem.norm.weight'));
    assert.ok(restored.groups.flat().includes('stem.norm.weight'));
  });

  test('a network of one size says so, and which', async () => {
    const arch = await models.fromOnnx(modelFile('transformer'));
    assert.deepEqual(arch.imported?.onlySize, { height: 32, width: 32 });
    assert.throws(() => assertTakesSize(arch, 64), { name: 'UserError', message: /64 × 64 px.*32 × 32 px/s });
  });
});

describe('how pictures are prepared', () => {
  const beside = async (name: string, file: string, content: unknown) => {
    const own = join(folder, name);
    await mkdir(own, { recursive: true });
    await copyFile(modelFile('unfolded'), join(own, 'model.onnx'));
    await writeFile(join(own, file), typeof content === 'string' ? content : JSON.stringify(content));
    return join(own, 'model.onnx');
  };

  test('as a preprocessor_config.json says', async () => {
    const path = await beside('hf', 'preprocessor_config.json', {
      image_mean: [0.5, 0.5, 0.5],
      image_std: [0.25, 0.25, 0.25],
      size: { shortest_edge: 256 },
      crop_size: { height: 224, width: 224 },
      resample: 3,
    });
    const { imported } = await models.fromOnnx(path);
    assert.deepEqual(imported?.preprocessing, {
      mean: [0.5, 0.5, 0.5],
      std: [0.25, 0.25, 0.25],
      inputSize: 224,
      interpolation: 'bicubic',
      cropShare: 0.875,
    });
    assert.deepEqual(imported?.notices, []);
  });

  test("as timm's config.json says, unless options do", async () => {
    const config = {
      pretrained_cfg: { mean: [0.4, 0.4, 0.4], std: [0.2, 0.2, 0.2], input_size: [3, 288, 288], crop_pct: 0.95 },
    };
    const path = await beside('timm', 'config.json', config);
    const { imported } = await models.fromOnnx(path, { mean: [0.1, 0.2, 0.3] });
    assert.deepEqual(imported?.preprocessing.mean, [0.1, 0.2, 0.3]);
    assert.deepEqual(imported?.preprocessing.std, [0.2, 0.2, 0.2]);
    assert.deepEqual([imported?.preprocessing.inputSize, imported?.preprocessing.cropShare], [288, 0.95]);
  });

  test("as ImageNet's, with a notice, where nothing says", async () => {
    const { imported } = await models.fromOnnx(modelFile('unfolded'));
    assert.deepEqual(imported?.preprocessing.mean, [0.485, 0.456, 0.406]);
    assert.match(imported?.notices.join() ?? '', /does not say how pictures are normalised/);
  });

  test('a damaged file that should say is an error', async () => {
    const path = await beside('damaged', 'preprocessor_config.json', '{');
    await assert.rejects(models.fromOnnx(path), { name: 'UserError', message: /preprocessor_config\.json.*damaged/ });
  });
});

describe('constants that are equal', () => {
  const size = 8;
  const filled = (seed: number, dims: readonly number[]) =>
    float32(dims, Float32Array.from(uniform(seed, sizeOf(dims))));
  const node = (op: string, inputs: readonly string[], y: string, attributes: Node['attributes'] = {}): Node => ({
    ...{ op, domain: '', name: `n_${y}`, inputs, outputs: [y], attributes },
  });
  const perm = (...value: number[]): Node['attributes'] => ({ perm: { kind: 'ints', value } });
  const graph = (scale: string): Graph => ({
    name: 'g',
    inputs: [{ name: 'x', dtype: 'float32', dims: ['n', 3, size, size] }],
    outputs: [{ name: 'y', dtype: 'float32', dims: undefined }],
    nodes: [
      node('Identity', ['norm.weight'], 'head.norm.weight'),
      node('Conv', ['x', 'conv.weight'], 'a', { strides: { kind: 'ints', value: [2, 2] } }),
      node('Transpose', ['a'], 'b', perm(0, 2, 3, 1)),
      node('LayerNormalization', ['b', 'norm.weight', 'norm.bias'], 'c'),
      node('Transpose', ['c'], 'd', perm(0, 3, 1, 2)),
      node('GlobalAveragePool', ['d'], 'e'),
      node('Flatten', ['e'], 'f'),
      node('LayerNormalization', ['f', scale, 'head.norm.bias'], 'g'),
      node('Gemm', ['g', 'fc.weight'], 'y', { transB: { kind: 'int', value: 1 } }),
    ],
    initializers: new Map([
      ['conv.weight', filled(1, [4, 3, 2, 2])],
      ['norm.weight', filled(2, [4])],
      ['norm.bias', filled(3, [4])],
      ['head.norm.bias', filled(4, [4])],
      ['fc.weight', filled(5, [5, 4])],
    ]),
    valueInfo: new Map(),
  });

  const pictures = Float32Array.from(uniform(7, 2 * 3 * size ** 2));
  const imported = async (scale: string) => {
    const path = join(folder, `${scale}.onnx`);
    await writeFile(path, writeModel(modelOf(graph(scale))));
    const found = await lossAndGradients(await models.fromOnnx(path), pictures, 2, size);
    const { y } = await runGraph(graph(scale), { x: float32([2, 3, size, size], pictures) });
    assertClose(found.logits, y?.data instanceof Float32Array ? y.data : assert.fail('no logits'), 1e-5);
    return found;
  };

  test('copies of one, as PyTorch exports them, are trained each by itself', async () => {
    const { names, gradient } = await imported('head.norm.weight');
    assert.equal(new Set(names).size, 6);
    assert.notEqual(l2(gradient('norm.weight')), l2(gradient('body.head.norm.weight')));
  });

  test("one that body and classifier share leaves the classifier's other parameters their own", async () => {
    const { names } = await imported('norm.weight');
    assert.equal(new Set(names).size, 5);
  });
});

describe('weights that are standardised', () => {
  const node = (op: string, inputs: readonly string[], outputs: readonly string[], attributes = {}): Node => ({
    ...{ op, domain: '', name: `n_${outputs[0]}`, inputs, outputs, attributes },
  });
  const list = (...xs: number[]) => int64([xs.length], xs);
  const floats = (...xs: number[]) => float32([xs.length], xs);
  const filled = (seed: number, dims: readonly number[]) =>
    float32(dims, Float32Array.from(uniform(seed, sizeOf(dims))));
  const epsilon = { kind: 'float', value: 1e-6 } as const;
  const flag = { kind: 'int', value: 1 } as const;

  /** A convolution of standardised weights [4, 3, 2, 2], and a classifier. */
  const graph = (standardise: readonly Node[]): Graph => ({
    name: 'g',
    inputs: [{ name: 'x', dtype: 'float32', dims: ['n', 3, 8, 8] }],
    outputs: [{ name: 'scores', dtype: 'float32', dims: undefined }],
    nodes: [
      node('Mul', ['gain', 'number'], ['scaled']),
      node('Reshape', ['scaled', 'flat'], ['scale']),
      node('Reshape', ['conv.weight', 'rows'], ['row']),
      ...standardise,
      node('Reshape', ['standard', 'dims'], ['kernel']),
      node('Conv', ['x', 'kernel', 'conv.bias'], ['map']),
      node('GlobalAveragePool', ['map'], ['pooled']),
      node('Flatten', ['pooled'], ['vector']),
      node('MatMul', ['vector', 'fc.weight'], ['scores']),
    ],
    initializers: new Map([
      ['gain', float32([4, 1, 1, 1], [0.9, 1.1, 1, 1.2])],
      ['number', float32([], [0.3])],
      ['conv.weight', filled(1, [4, 3, 2, 2])],
      ['conv.bias', filled(2, [4])],
      ['fc.weight', filled(3, [4, 5])],
      ['rows', list(1, 4, -1)],
      ['column', list(1, 4, 1)],
      ['dims', list(4, 3, 2, 2)],
      ['flat', list(-1)],
      ['places', list(2)],
      ['ones', floats(1, 1, 1, 1)],
      ['zeros', floats(0, 0, 0, 0)],
      ['epsilon', float32([], [1e-6])],
    ]),
    valueInfo: new Map(),
  });
  // What PyTorch exports: statistics of the weights that training mode does not look at, and new ones that nobody reads.
  const batchNorm = (scale: string) => [
    node('ReduceMean', ['row', 'places'], ['mean'], { keepdims: { kind: 'int', value: 0 } }),
    node('Reshape', ['mean', 'flat'], ['means']),
    node('BatchNormalization', ['row', scale, 'zeros', 'means', 'ones'], ['standard', 'm', 'v'], {
      epsilon,
      training_mode: flag,
    }),
  ];
  const arithmetic = [
    node('ReduceMean', ['row', 'places'], ['mean']),
    node('Sub', ['row', 'mean'], ['centred']),
    node('Mul', ['centred', 'centred'], ['squares']),
    node('ReduceMean', ['squares', 'places'], ['variance']),
    node('Add', ['variance', 'epsilon'], ['sum']),
    node('Sqrt', ['sum'], ['deviation']),
    node('Div', ['centred', 'deviation'], ['unit']),
    node('Reshape', ['scale', 'column'], ['factor']),
    node('Mul', ['unit', 'factor'], ['standard']),
  ];
  const pictures = Float32Array.from(uniform(7, 3 * 3 * 8 * 8));
  const imported = async (file: string, nodes: readonly Node[]) => {
    const path = join(folder, file);
    await writeFile(path, writeModel(modelOf(graph(nodes))));
    const arch = await models.fromOnnx(path, { mean: [0, 0, 0], std: [1, 1, 1] });
    return { arch, ...(await lossAndGradients(arch, pictures, 3, 8)) };
  };

  test('a batch norm over weights trains the weights, and none of its ones, zeros and statistics', async () => {
    const [norm, plain] = [await imported('norm.onnx', batchNorm('scale')), await imported('plain.onnx', arithmetic)];
    const names = ['conv.bias', 'conv.weight', 'fc.weight', 'gain'];
    assert.deepEqual([...norm.names].sort(), names);
    assert.deepEqual([...plain.names].sort(), names);
    assert.equal(norm.arch.imported?.norms, 0);
    assertClose(norm.logits, plain.logits, 1e-5);
    for (const name of names) assertClose(norm.gradient(name), plain.gradient(name), 1e-5);
  });

  test('without a scale of its own', async () => {
    const { names } = await imported('bare.onnx', batchNorm('ones'));
    assert.deepEqual([...names].sort(), ['conv.bias', 'conv.weight', 'fc.weight']);
  });
});

describe('what stands behind the features', () => {
  const node = (op: string, inputs: readonly string[], ...outputs: string[]): Node => ({
    ...{ op, domain: '', name: `n_${outputs[0]}`, inputs, outputs, attributes: {} },
  });
  const list = (...xs: number[]) => int64([xs.length], xs);
  const filled = (seed: number, dims: readonly number[]) =>
    float32(dims, Float32Array.from(uniform(seed, sizeOf(dims))));

  /** A network of one layer and a classifier of five classes, before which and behind which nodes may stand. */
  const graph = (vector: readonly Node[], behind: readonly Node[], outputs: readonly string[]): Graph => ({
    name: 'g',
    inputs: [{ name: 'x', dtype: 'float32', dims: ['n', 3, 8, 8] }],
    outputs: outputs.map((name) => ({ name, dtype: name === 'which' ? 'int64' : 'float32', dims: undefined })),
    nodes: [
      node('Conv', ['x', 'conv.weight'], 'map'),
      node('GlobalAveragePool', ['map'], 'pooled'),
      ...vector,
      node('MatMul', ['vector', 'fc.weight'], 'scores'),
      ...behind,
    ],
    initializers: new Map([
      ['conv.weight', filled(1, [4, 3, 2, 2])],
      ['fc.weight', filled(2, [4, 5])],
      ['zero', int64([], [0])],
      ['one', int64([], [1])],
      ['four', int64([], [4])],
      ['places', list(0, 1, 2, 3)],
      ['flat', list(-1)],
      ['column', list(-1, 1)],
      ['three', list(3)],
    ]),
    valueInfo: new Map(),
  });
  const flatten = [node('Flatten', ['pooled'], 'vector')];
  const imported = async (file: string, g: Graph) => {
    const path = join(folder, file);
    await writeFile(path, writeModel(modelOf(g)));
    return models.fromOnnx(path, { mean: [0, 0, 0], std: [1, 1, 1] });
  };
  const pictures = Float32Array.from(uniform(7, 3 * 3 * 8 * 8));

  test("a strided view, as PyTorch's newer exporter writes it, works for any number of pictures", async () => {
    const strided = [
      node('Shape', ['x'], 'shape'),
      node('Gather', ['shape', 'zero'], 'count'),
      node('Range', ['zero', 'count', 'one'], 'numbers'),
      node('Mul', ['numbers', 'four'], 'starts'),
      node('Reshape', ['starts', 'column'], 'rows'),
      node('Add', ['rows', 'places'], 'indices'),
      node('Reshape', ['pooled', 'flat'], 'all'),
      node('Gather', ['all', 'indices'], 'vector'),
    ];
    const [arch, plain] = [
      await imported('strided.onnx', graph(strided, [], ['scores'])),
      await imported('plain.onnx', graph(flatten, [], ['scores'])),
    ];
    const [a, b] = [await lossAndGradients(arch, pictures, 3, 8), await lossAndGradients(plain, pictures, 3, 8)];
    assertClose(a.logits, b.logits, 1e-6);
    assertClose(a.gradient('conv.weight'), b.gradient('conv.weight'), 1e-6);
  });

  test("a group norm's ones and zeros are no parameters", async () => {
    const grouped = [
      node('Reshape', ['pooled', 'groups'], 'apart'),
      node('InstanceNormalization', ['apart', 'ones', 'zeros'], 'standard'),
      node('Reshape', ['standard', 'channels'], 'vector'),
    ];
    const g = graph(grouped, [], ['scores']);
    const constants = [
      ['groups', list(0, 2, -1)],
      ['channels', list(0, 4)],
      ['ones', float32([2], [1, 1])],
      ['zeros', float32([2], [0, 0])],
    ] as const;
    const arch = await imported('groups.onnx', { ...g, initializers: new Map([...g.initializers, ...constants]) });
    const { names } = await lossAndGradients(arch, pictures, 3, 8);
    assert.deepEqual([...names].sort(), ['conv.weight', 'fc.weight']);
  });

  test('constants of the computation are no parameters, unless the file has all its weights in nodes', async () => {
    const constant = (name: string, value: ReturnType<typeof filled>): Node => ({
      ...node('Constant', [], name),
      attributes: { value: { kind: 'tensor', value } },
    });
    const moved = [
      constant('places4', filled(3, [1, 4])),
      node('ConstantOfShape', ['two'], 'zeros'),
      node('Flatten', ['pooled'], 'flat4'),
      node('Sum', ['flat4', 'places4', 'zeros'], 'vector'),
    ];
    const g = graph(moved, [], ['scores']);
    const withTwo = { ...g, initializers: new Map([...g.initializers, ['two', list(1, 4)]]) };
    const { names } = await lossAndGradients(await imported('constants.onnx', withTwo), pictures, 3, 8);
    assert.deepEqual([...names].sort(), ['conv.weight', 'fc.weight']);

    const weights = [constant('conv.weight', filled(1, [4, 3, 2, 2])), constant('fc.weight', filled(2, [4, 5]))];
    const inNodes = { ...withTwo, nodes: [...weights, ...g.nodes], initializers: new Map(withTwo.initializers) };
    for (const name of ['conv.weight', 'fc.weight']) inNodes.initializers.delete(name);
    const found = await lossAndGradients(await imported('in-nodes.onnx', inNodes), pictures, 3, 8);
    assert.deepEqual([...found.names].sort(), ['conv.weight', 'fc.weight', 'places4']);
  });

  test('buffers are no parameters, where the file says which they are', async () => {
    const signature = [
      "p_conv_weight: PARAMETER target='conv.weight'",
      "b_table: BUFFER target='table' persistent=False",
      "c_lifted_tensor_0: CONSTANT_TENSOR target='lifted'",
      'x: USER_INPUT',
    ];
    const moved = [
      node('Flatten', ['pooled'], 'flat4'),
      node('Reshape', ['table', 'row'], 'turned'),
      node('Sum', ['flat4', 'turned', 'lifted', 'shift'], 'vector'),
    ];
    const g = graph(moved, [], ['scores']);
    const constants = [
      ['row', list(1, 4)],
      ['table', filled(3, [4])],
      ['lifted', filled(4, [4])],
      ['shift', filled(5, [4])],
    ] as const;
    const silent = { ...g, initializers: new Map([...g.initializers, ...constants]) };
    const told = {
      ...silent,
      metadata: { 'pkg.torch.export.ExportedProgram.graph_signature': `\n# inputs\n${signature.join('\n')}\n` },
    };
    const namesOf = async (file: string, from: Graph) =>
      [...(await lossAndGradients(await imported(file, from), pictures, 3, 8)).names].sort();
    assert.deepEqual(await namesOf('told.onnx', told), ['conv.weight', 'fc.weight', 'shift']);
    assert.deepEqual(await namesOf('silent.onnx', silent), ['conv.weight', 'fc.weight', 'lifted', 'shift', 'table']);
  });

  test('what picks the best class is left out', async () => {
    const picked = [node('Softmax', ['scores'], 'shares'), node('TopK', ['shares', 'three'], 'best', 'which')];
    const arch = await imported('best.onnx', graph(flatten, picked, ['which', 'best']));
    assert.equal(arch.imported?.classes, 5);
    assert.match(arch.imported?.notices.join() ?? '', /best\.onnx has several outputs, "which", "best"/);
    const plain = await imported('plain.onnx', graph(flatten, [], ['scores']));
    assert.deepEqual(plain.imported?.notices, []);
    const [a, b] = [await lossAndGradients(arch, pictures, 3, 8), await lossAndGradients(plain, pictures, 3, 8)];
    assertClose(a.logits, b.logits, 0);
  });

  test('an output that is no scores of classes is told', async () => {
    const arch = await imported('map.onnx', graph(flatten, [], ['map']));
    assert.equal(arch.imported?.classes, undefined);
    assert.match(arch.imported?.notices.join() ?? '', /gives no scores of classes.*\[N, 4, 7, 7\].*cut at "map"/);
  });
});

describe('models that cannot be a backbone say why', () => {
  const model = async (name: string, nodes: readonly Node[], input: readonly (number | string)[]) => {
    const graph: Graph = {
      name: 'g',
      inputs: [{ name: 'x', dtype: 'float32', dims: input }],
      outputs: [{ name: 'y', dtype: 'float32', dims: undefined }],
      nodes,
      initializers: new Map(),
      valueInfo: new Map(),
    };
    const path = join(folder, name);
    await writeFile(path, writeModel(modelOf(graph)));
    return path;
  };
  const node = (op: string, x: string, y: string): Node => ({
    ...{ op, domain: '', name: `n_${y}`, inputs: [x], outputs: [y], attributes: {} },
  });

  test('all operators that are not known, by name and node', async () => {
    const path = await model('unknown.onnx', [node('Loop', 'x', 'a'), node('Whatever', 'a', 'y')], ['n', 3, 32, 32]);
    await assert.rejects(models.fromOnnx(path), {
      name: 'UserError',
      message: /unknown\.onnx.*n_a \(Loop\)\n.*n_y \(Whatever\)/s,
    });
  });

  test('another input than pictures', async () => {
    await assert.rejects(models.fromOnnx(await model('text.onnx', [node('Relu', 'x', 'y')], ['n', 128])), {
      name: 'UserError',
      message: /text\.onnx.*one input, of pictures.*x \[n,128\]/s,
    });
    await assert.rejects(models.fromOnnx(await model('grey.onnx', [node('Relu', 'x', 'y')], ['n', 1, 32, 32])), {
      name: 'UserError',
      message: /pictures have 1 channels/,
    });
  });

  test('no weights', async () => {
    await assert.rejects(models.fromOnnx(await model('empty.onnx', [node('Relu', 'x', 'y')], ['n', 3, 32, 32])), {
      name: 'UserError',
      message: /empty\.onnx cannot be a backbone/,
    });
  });

  test('what is no model, and options that are no good', async () => {
    await assert.rejects(models.fromOnnx(join(folder, 'nowhere.onnx')), { name: 'UserError', message: /no such file/ });
    const path = join(folder, 'noise.onnx');
    await writeFile(path, 'no model');
    await assert.rejects(models.fromOnnx(path), { name: 'UserError', message: /noise\.onnx.*not an ONNX model/ });
    for (const [options, message] of [
      [{ output: 'z' }, /no output "z".*"scores"/],
      [{ features: 'z' }, /no value "z"/],
      [{ groups: 0 }, /groups: 0/],
    ] as const) {
      await assert.rejects(models.fromOnnx(modelFile('unfolded'), options), { name: 'UserError', message });
    }
  });
});
