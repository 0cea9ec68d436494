import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { layoutOf } from '../engine/layout.js';
import { buildExportGraph } from '../engine/predict-graph.js';
import { initialValues } from '../engine/values.js';
import { modelOf } from '../graph/model.js';
import { writeModel } from '../graph/onnx.js';
import { models } from '../nn/models/index.js';
import { onecycle } from './testing/command.js';

const root = await mkdtemp(join(tmpdir(), 'onecycle-models-'));
after(() => rm(root, { recursive: true }));
const run = (...args: string[]) =>
  onecycle(['models', ...args], { cwd: root, env: { ONECYCLE_HOME: join(root, 'cache') } });
const WEIGHTS = fileURLToPath(new URL('../../weights/efficientnet_lite0.safetensors', import.meta.url));

test('the list tells where weights are', async () => {
  await mkdir(join(root, 'cache', 'weights'), { recursive: true });
  await writeFile(join(root, 'cache', 'weights', models.resnet18.pretrained?.weights.file ?? ''), '');
  const { code, stdout } = await run('--json');
  assert.equal(code, 0);
  const list: { name: string; weights: string }[] = JSON.parse(stdout);
  const state = (name: string) => list.find((m) => m.name === name)?.weights;
  assert.equal(list.length, Object.keys(models).length);
  assert.equal(state('efficientnet_lite0'), 'package');
  assert.equal(state('resnet18'), 'cached');
  assert.equal(state('resnet34'), 'download');
  assert.equal(state('simple_cnn'), 'none');
});

test('the list is a table, filtered', async () => {
  const { code, stdout } = await run('resnet*');
  assert.equal(code, 0);
  const lines = stdout.trimEnd().split('\n');
  assert.match(lines[0] ?? '', /^name +weights +licence +px +parameters +as float32 +multiply-adds +ImageNet top-1$/);
  assert.match(stdout, /^resnet50 +to download +BSD-3-Clause +224 +25,557,032 +102\.2 MB +4\.09 G +80\.9 %$/m);
  assert.ok(lines.slice(1).every((line) => line.startsWith('resnet')));
});

test('show prints a network, as a table and as JSON', async () => {
  const text = await run('show', 'resnet18', '--classes', '10', '--size', '64', '--freeze-to', '1');
  assert.equal(text.code, 0, text.stderr);
  assert.match(text.stdout, /^resnet18: pictures of 64 × 64 px, 10 outputs$/m);
  assert.match(text.stdout, /^layer4\.1\.conv2 +Conv 3×3 +512 × 2 × 2 +1 +2,359,296 +9,437,184 +yes$/m);
  const { stdout } = await run('show', 'resnet18', '--json');
  const summary = JSON.parse(stdout);
  assert.deepEqual([summary.parameters, summary.classes, summary.size], [11_689_512, 1000, 224]);
});

test('show reads an ONNX model as a network', async () => {
  const net = {
    arch: models.simple_cnn,
    classes: 3,
    head: { kind: 'original' },
    mean: [0, 0, 0],
    std: [1, 1, 1],
  } as const;
  const graph = buildExportGraph(net, initialValues(layoutOf(net, 32), 0), 32);
  await writeFile(join(root, 'own.onnx'), writeModel(modelOf(graph)));
  const { code, stdout, stderr } = await run('show', 'own.onnx', '--classes', '7', '--size', '32', '--json');
  assert.equal(code, 0, stderr);
  const summary = JSON.parse(stdout);
  const head = 2 * 512 + 512 * 513 + 2 * 512 + 7 * 513;
  assert.equal(summary.groups.at(-1).parameters, head);
  assert.ok(summary.parameters > head);
});

test('show lists the tensors of a file of weights, and which networks it fits', async () => {
  const { code, stdout } = await run('show', WEIGHTS);
  assert.equal(code, 0);
  assert.match(stdout, /^conv_stem\.weight +float16 +32 × 3 × 3 × 3$/m);
  assert.match(stdout, /^Networks that can start from it: efficientnet_lite0$/m);
});

test('what cannot be shown is an error that says what to do', async () => {
  await writeFile(join(root, 'broken.onnx'), 'no model');
  for (const [args, code, message] of [
    ['show resnt50', 1, /unknown architecture "resnt50"; did you mean resnet50/],
    ['show nowhere.onnx', 1, /no such file: nowhere\.onnx/],
    ['show broken.onnx', 1, /broken\.onnx cannot be read as weights: its format is not known/],
    ['show vit_tiny_patch16 --size 100', 1, /multiples of 16 px/],
    ['show resnet18 --size 0', 2, /--size must be a whole number/],
    ['show resnet18 --freeze-to 9', 1, /there is no layer group 9/],
    ['show resnet18 --classes many', 2, /--classes must be a whole number/],
    [`show ${WEIGHTS} --classes 3`, 2, /--classes is for a network/],
    ['show', 2, /missing required argument 'name'/],
    ['zzz', 1, /no network's name fits "zzz"/],
  ] as const) {
    const { code: exit, stdout, stderr } = await run(...args.split(' '));
    assert.equal(exit, code, `${args}: ${stderr}`);
    assert.match(stderr, message, args);
    assert.equal(stdout, '');
  }
});
