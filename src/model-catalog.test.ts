import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Architecture, listModels, modelSummary, models, readWeights, summaryTable } from './index.js';
import { networksFor } from './model-catalog.js';
import { models as networks } from './nn/models/index.js';

/**
 * Multiply-adds in thousands of millions as torchvision publishes them beside its weights (`_ops`), timm's for ViT.
 */
const PUBLISHED: Readonly<Record<string, number>> = {
  alexnet: 0.714,
  convnext_small: 8.684,
  convnext_tiny: 4.456,
  densenet121: 2.834,
  densenet169: 3.36,
  efficientnet_b0: 0.386,
  efficientnet_b1: 0.687,
  efficientnet_b2: 1.088,
  efficientnet_b3: 1.827,
  mobilenet_v2: 0.301,
  mobilenet_v3_large: 0.217,
  mobilenet_v3_small: 0.057,
  regnet_y_400mf: 0.402,
  regnet_y_800mf: 0.834,
  resnet18: 1.814,
  resnet34: 3.664,
  resnet50: 4.089,
  resnet101: 7.801,
  resnet152: 11.514,
  resnext50_32x4d: 4.23,
  shufflenet_v2_x1_0: 0.145,
  squeezenet1_0: 0.819,
  squeezenet1_1: 0.349,
  vgg11_bn: 7.609,
  vgg16_bn: 15.47,
  vgg19_bn: 19.632,
  vit_small_patch16: 4.61,
  vit_tiny_patch16: 1.26,
  wide_resnet50_2: 11.398,
};

test('multiply-adds are those that are published', async () => {
  const all = await listModels();
  assert.deepEqual(
    all.map(({ name }) => name),
    Object.keys(networks),
  );
  const known = all.filter(({ name }) => PUBLISHED[name] !== undefined);
  assert.equal(known.length, Object.keys(PUBLISHED).length);
  for (const { name, multiplyAdds } of known) {
    const published = PUBLISHED[name] ?? Number.NaN;
    // Published are three digits after the point, or three in all.
    assert.ok(Math.abs(multiplyAdds / 1e9 - published) < 0.0006 + 0.005 * published, `${name}: ${multiplyAdds}`);
  }
});

test('a summary adds up, and has the parameters of the published weights', () => {
  for (const [name, arch] of Object.entries<Architecture>(networks)) {
    const summary = modelSummary(arch);
    if (arch.pretrained !== undefined) assert.equal(summary.parameters, arch.pretrained.parameters, name);
    for (const key of ['parameters', 'trainable', 'trainableFrozen', 'multiplyAdds'] as const) {
      const sum = (parts: readonly { readonly [K in typeof key]: number }[]) => parts.reduce((n, p) => n + p[key], 0);
      assert.equal(sum(summary.layers), summary[key], `${name}, ${key} of layers`);
      assert.equal(sum(summary.groups), summary[key], `${name}, ${key} of groups`);
    }
    assert.equal(summary.bytes, 4 * summary.parameters);
    assert.equal(summary.groups.length, arch.groups.length + 1);
    const without = summary.layers.filter(({ parameters }) => parameters === 0);
    assert.ok(
      without.every(({ type, name }) => type === 'MatMul' || name === 'whitening'),
      arch.name,
    );
  }
});

test('layers have names, types and shapes', () => {
  const { layers, statistics } = modelSummary(models.resnet18, { size: 64 });
  assert.deepEqual(layers[0], {
    name: 'conv1',
    type: 'Conv 7×7 /2',
    output: [64, 32, 32],
    group: 0,
    parameters: 64 * 3 * 49,
    trainable: 0,
    trainableFrozen: 0,
    multiplyAdds: 64 * 3 * 49 * 32 * 32,
  });
  assert.deepEqual(layers.at(-1)?.output, [1000]);
  // Twenty batch norms of 4,800 channels in all.
  assert.equal(statistics, 9600);
  const types = (arch: Architecture) => new Set(modelSummary(arch, { size: 64 }).layers.map(({ type }) => type));
  assert.ok(types(models.mobilenet_v2).has('Conv 3×3 /2, depthwise'));
  assert.ok(types(models.resnext50_32x4d).has('Conv 3×3, 32 groups'));
  const vit = modelSummary(models.vit_tiny_patch16, { size: 64 }).layers;
  assert.deepEqual(vit.find(({ name }) => name === 'blocks.0.attn.qkv')?.output, [17, 576]);
  assert.deepEqual(vit.find(({ name }) => name === 'pos_embed')?.output, [197, 192]);
});

test('what is trained follows the freezing, and the head its number of classes', () => {
  const head = (classes: number) => 2 * 1024 + 512 * 1025 + 2 * 512 + classes * 513;
  const frozen = modelSummary(models.resnet18, { size: 64, classes: 10 });
  assert.equal(frozen.classes, 10);
  assert.equal(frozen.trainable, head(10));
  assert.equal(modelSummary(models.resnet18, { size: 64, classes: 3 }).trainable, head(3));
  const trained = (freezeTo: number, trainBn = false) =>
    modelSummary(models.resnet18, { size: 64, classes: 10, freezeTo, trainBn }).groups.map((g) => g.trainable);
  const [first = 0, second = 0] = frozen.groups.map(({ parameters }) => parameters);
  assert.deepEqual(trained(-1), [0, 0, head(10)]);
  assert.deepEqual(trained(1), [0, second, head(10)]);
  assert.deepEqual(trained(0), [first, second, head(10)]);
  // Scale and shift of each channel that a batch norm has.
  assert.equal(
    trained(-1, true).reduce((a, b) => a + b),
    head(10) + 9600,
  );
  // A network without weights is trained as a whole.
  const { parameters, trainable } = modelSummary(models.simple_cnn);
  assert.equal(trainable, parameters);
});

test('names are filtered by a part of them or a pattern', async () => {
  const named = async (filter: string) => (await listModels(filter)).map(({ name }) => name);
  assert.deepEqual(await named('vgg'), ['vgg11_bn', 'vgg16_bn', 'vgg19_bn']);
  assert.deepEqual(await named('*_bn'), ['vgg11_bn', 'vgg16_bn', 'vgg19_bn']);
  assert.deepEqual(await named('ResNet?8'), ['resnet18']);
  assert.deepEqual(await named('resnet18'), ['resnet18']);
  assert.deepEqual((await named('resnet*')).includes('wide_resnet50_2'), false);
  await assert.rejects(listModels('resnt18'), { name: 'UserError', message: /"resnt18"; near are resnet18/ });
  await assert.rejects(listModels('zzz*'), { name: 'UserError', message: 'no network\'s name fits "zzz*"' });
});

test('a size or a layer group that does not exist is an error', () => {
  assert.throws(() => modelSummary(models.vit_tiny_patch16, { size: 100 }), /multiples of 16 px/);
  assert.throws(() => modelSummary(models.alexnet, { size: 32 }), /too small for alexnet/);
  for (const freezeTo of [3, -4, 0.5]) {
    assert.throws(() => modelSummary(models.resnet18, { freezeTo }), {
      name: 'UserError',
      message: `there is no layer group ${freezeTo}: resnet18 has 3`,
    });
  }
});

test('a file of weights tells which networks can start from it', async () => {
  const { tensors } = await readWeights('weights/efficientnet_lite0.safetensors');
  assert.deepEqual(networksFor(tensors), ['efficientnet_lite0']);
  assert.deepEqual(networksFor(new Map([...tensors].slice(1))), []);
});

test('the table shows every layer and group', () => {
  const summary = modelSummary(models.simple_cnn, { classes: 10 });
  const lines = summaryTable(summary).split('\n');
  for (const { name } of summary.layers)
    assert.ok(
      lines.some((line) => line.startsWith(`${name} `)),
      name,
    );
  assert.ok(
    lines.includes(
      `Parameters: ${summary.parameters.toLocaleString('en')} (${(summary.bytes / 1e6).toFixed(1)} MB as float32)`,
    ),
  );
});
