import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
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
import { float32, type Graph } from './graph/types.js';
import { models } from './models.js';
import type { Architecture } from './nn/architecture.js';
import { uniform } from './testing/golden.js';

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
