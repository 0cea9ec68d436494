import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { create, toBinary } from '@bufbuild/protobuf';
import { cnnLearner } from './cnn-learner.js';
import { UserError } from './core/errors.js';
import { generateSampleSet, ImageDataBunch } from './data/index.js';
import { ModelProtoSchema, TensorProto_DataLocation } from './graph/proto/onnx_pb.js';
import { float32, sizeOf, type TensorData } from './graph/types.js';
import type { Architecture } from './nn/architecture.js';
import { models } from './nn/models/index.js';
import { asFloat32, writeSafetensors } from './nn/safetensors.js';
import { fixture } from './nn/weights/testing/files.js';
import type { DownloadProgress } from './runtime/download.js';
import type { LearnerOptions } from './train/learner.js';
import { pretrainedWeights, readWeights } from './weights.js';

const root = await mkdtemp(join(tmpdir(), 'onecycle-weights-'));
after(() => rm(root, { recursive: true }));
process.env.ONECYCLE_HOME = join(root, 'home');
const at = (...names: string[]) => join(root, ...names);

async function put(path: string, bytes: Uint8Array | string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  return path;
}

const failsWith = (message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof UserError, String(error));
  assert.match(error.message, message);
  return true;
};

describe('readWeights', () => {
  test('takes a path or bytes, and goes by content, not by name', async () => {
    const bytes = fixture('zip.pth');
    const path = await put(at('weights.safetensors'), bytes);
    const [one, two] = [await readWeights(path), await readWeights(bytes)];
    assert.equal(one.format, 'torch-zip');
    assert.deepEqual([...one.tensors.keys()], [...two.tensors.keys()]);
  });

  test('names what it cannot read', async () => {
    await assert.rejects(readWeights(at('nowhere.pth')), failsWith(/no such file: .*nowhere\.pth/));
    await assert.rejects(readWeights(root), failsWith(/is a folder/));
    await assert.rejects(
      readWeights(await put(at('words.pth'), 'words')),
      failsWith(/words\.pth cannot be read as weights/),
    );
    await assert.rejects(readWeights(new Uint8Array()), failsWith(/the file of weights cannot be read.*is empty/));
  });
});

/** A model whose initialisers lie in another file. */
function modelWith(
  tensors: readonly { location: string; offset?: number; length?: number; count?: number }[],
): Uint8Array {
  const initializer = tensors.map(({ location, offset = 0, length = 8, count = 2 }, i) => ({
    name: `w${i}`,
    dims: [BigInt(count)],
    dataType: 1,
    dataLocation: TensorProto_DataLocation.EXTERNAL,
    externalData: Object.entries({ location, offset, length }).map(([key, value]) => ({ key, value: String(value) })),
  }));
  return toBinary(ModelProtoSchema, create(ModelProtoSchema, { irVersion: 9n, graph: { name: 'g', initializer } }));
}

describe('external data of an ONNX model', () => {
  const data = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);

  test('lie beside it, or in a folder beside it', async () => {
    await put(at('onnx', 'weights.bin'), data);
    await put(at('onnx', 'more', 'weights.bin'), data);
    const model = await put(
      at('onnx', 'model.onnx'),
      modelWith([{ location: 'weights.bin', offset: 8 }, { location: 'more/weights.bin' }]),
    );
    const { tensors } = await readWeights(model);
    assert.deepEqual([...tensors.values()], [float32([2], [3, 4]), float32([2], [1, 2])]);
  });

  test('a cache of links to files that lie together is read', async () => {
    await put(at('hub', 'blobs', 'aa'), modelWith([{ location: 'weights.bin' }]));
    await put(at('hub', 'blobs', 'bb'), data);
    await mkdir(at('hub', 'snapshots', 'x'), { recursive: true });
    await symlink('../../blobs/aa', at('hub', 'snapshots', 'x', 'model.onnx'));
    await symlink('../../blobs/bb', at('hub', 'snapshots', 'x', 'weights.bin'));
    assert.equal((await readWeights(at('hub', 'snapshots', 'x', 'model.onnx'))).tensors.size, 1);
  });

  const secret = at('secret.bin');
  const cases: readonly (readonly [location: string, message: RegExp])[] = [
    ['../secret.bin', /not a path within/],
    ['more/../../secret.bin', /not a path within/],
    [secret, /not a path within/],
    ['C:secret.bin', /not a path within/],
    ['..\\secret.bin', /not a path within/],
    ['', /not a path within/],
    ['link.bin', /a link that leads out/],
    ['folder-link/secret.bin', /a link that leads out/],
    ['nowhere.bin', /is not there; put it beside the model/],
    ['more', /no file|cannot be read/],
  ];
  for (const [location, message] of cases) {
    test(`cannot be in ${JSON.stringify(location)}`, async () => {
      await put(secret, data);
      await mkdir(at('jail', 'more'), { recursive: true });
      await symlink(secret, at('jail', 'link.bin')).catch(() => {});
      await symlink(root, at('jail', 'folder-link')).catch(() => {});
      const model = await put(at('jail', 'model.onnx'), modelWith([{ location }]));
      await assert.rejects(readWeights(model), failsWith(message));
    });
  }

  test('sizes that lie are found before memory is taken', async () => {
    await put(at('sizes', 'weights.bin'), data);
    for (const [tensor, message] of [
      [{ length: 2 ** 40, count: 2 ** 38 }, /1099511627776 bytes at 0 are wanted .*has 16/],
      [{ offset: 2 ** 40 }, /at 1099511627776 are wanted/],
      [{ length: 16 }, /needs 8 bytes, not 16/],
    ] as const) {
      const model = await put(at('sizes', 'model.onnx'), modelWith([{ location: 'weights.bin', ...tensor }]));
      await assert.rejects(readWeights(model), failsWith(message));
    }
    const many = await put(at('sizes', 'many.onnx'), modelWith(Array(1000).fill({ location: 'weights.bin' })));
    await assert.rejects(readWeights(many), failsWith(/overlap/));
  });
});

// ---- a learner ----

const packaged = fileURLToPath(new URL('../weights/efficientnet_lite0.safetensors', import.meta.url));
await generateSampleSet(at('pictures'), { classes: ['circle', 'star'], perClass: 4 });

async function startingValues(arch: Architecture, options: LearnerOptions): Promise<Map<string, Float32Array>> {
  const data = await ImageDataBunch.fromFolder(at('pictures'), { size: 64, bs: 2, workers: 0 });
  try {
    const learner = await cnnLearner(data, arch, options);
    try {
      return await learner.engine.values();
    } finally {
      await learner.close();
    }
  } finally {
    await data.close();
  }
}

/** MobileNetV2 with numbers of its own in every tensor, under timm's names; its classifier has three classes. */
function mobileNet(): { file: Map<string, TensorData>; byOurName: Map<string, Float32Array> } {
  const file = new Map<string, TensorData>();
  const byOurName = new Map<string, Float32Array>();
  const rows = new TextDecoder().decode(fixture('names/mobilenet_v2.tsv')).trimEnd().split('\n');
  for (const [i, row] of rows.entries()) {
    const [ours = '', , theirs = '', shape = ''] = row.split('\t');
    const full = shape.split('x').map(Number);
    const dims = ours.startsWith('classifier') ? [3, ...full.slice(1)] : full;
    const values = Float32Array.from({ length: sizeOf(dims) }, (_, j) => i + (j % 7) / 8);
    file.set(`model.${theirs}`, float32(dims, values));
    if (!ours.startsWith('classifier')) byOurName.set(ours, values);
  }
  return { file, byOurName };
}

describe('a learner starts from', () => {
  test("a file of the user's, under timm's names and a prefix, whose classifier is left out", async () => {
    const { file, byOurName } = mobileNet();
    const weights = await put(at('mobilenet.safetensors'), writeSafetensors(file));
    const values = await startingValues(models.mobilenet_v2, { weights });
    for (const [name, expected] of byOurName) assert.deepEqual(values.get(name), expected, name);
    assert.ok(values.has('head.linear2.weight'));
  });

  test('a model that onecycle has exported', async () => {
    const data = await ImageDataBunch.fromFolder(at('pictures'), { size: 64, bs: 2, workers: 0 });
    const learner = await cnnLearner(data, models.efficientnet_lite0);
    try {
      await learner.export(at('own', 'model.onnx'));
      const before = await learner.engine.values();
      const values = await startingValues(models.efficientnet_lite0, { weights: at('own', 'model.onnx') });
      assert.deepEqual(values.get('blocks.6.0.bn3.running_var'), before.get('blocks.6.0.bn3.running_var'));
    } finally {
      await learner.close();
    }
  });

  test('published weights that are downloaded once, checked and kept', async () => {
    const { file, byOurName } = mobileNet();
    const bytes = writeSafetensors(file);
    const sha256 = createHash('sha256').update(bytes).digest('hex').slice(0, 8);
    let asked = 0;
    const server = createServer((_, response) => {
      asked++;
      response.end(bytes);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mobilenet_v2-${sha256}.safetensors`;
    const pretrained = {
      ...(models.efficientnet_lite0.pretrained ?? assert.fail()),
      weights: { file: `mobilenet_v2-${sha256}.safetensors`, address, sha256 },
    };
    const arch: Architecture = { ...models.mobilenet_v2, pretrained };
    const seen: DownloadProgress[] = [];
    try {
      for (let i = 0; i < 2; i++) {
        const values = await startingValues(arch, { onDownload: (p) => seen.push(p) });
        assert.deepEqual(values.get('features.0.0.weight'), byOurName.get('features.0.0.weight'));
      }
    } finally {
      server.close();
    }
    assert.equal(asked, 1);
    assert.equal(seen.at(-1)?.done, bytes.length);
    assert.deepEqual(await readdir(at('home', 'weights')), [pretrained.weights.file]);
  });

  test('weights of the package, without a network', async () => {
    process.env.ONECYCLE_OFFLINE = '1';
    try {
      const { tensors } = await pretrainedWeights({ file: 'efficientnet_lite0.safetensors' });
      const stem = tensors.get('conv_stem.weight') ?? assert.fail();
      const values = await startingValues(models.efficientnet_lite0, {});
      assert.deepEqual(values.get('conv_stem.weight'), asFloat32(stem, 'stem'));
      const missing = { file: 'x.pth', address: 'https://example.invalid/x-00000000.pth', sha256: '00000000' };
      await assert.rejects(
        pretrainedWeights(missing),
        failsWith(/ONECYCLE_OFFLINE forbids .*Put the file at .*x\.pth/),
      );
    } finally {
      delete process.env.ONECYCLE_OFFLINE;
    }
  });

  test('nothing else', async () => {
    const resnet = (options: LearnerOptions) => startingValues(models.resnet18, options);
    await assert.rejects(
      resnet({ weights: packaged }),
      failsWith(/efficientnet_lite0\.safetensors does not fit resnet18\.\n {2}96 tensors missing: conv1\.weight/),
    );
    await assert.rejects(resnet({ weights: at('nowhere.pth') }), failsWith(/no such file/));
    await assert.rejects(resnet({ weights: packaged, pretrained: false }), failsWith(/contradict each other/));
    const checkpoint = writeSafetensors(new Map(), { format: 'onecycle checkpoint 1' });
    const path = await put(at('checkpoint.safetensors'), checkpoint);
    await assert.rejects(resnet({ weights: path }), failsWith(/is a checkpoint of a learner.*learn\.load/));
  });
});
