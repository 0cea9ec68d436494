import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import { UserError } from '../../core/errors.js';
import { float32, int64, sizeOf, type TensorData } from '../../graph/types.js';
import { torchvisionNames } from './key-maps.js';
import { matchTensors } from './match.js';
import { fixture } from './testing/files.js';

interface Row {
  readonly torchvision: string;
  readonly dims: readonly number[];
  readonly timm: string;
  readonly timmDims: readonly number[];
}

/** Names and shapes in both libraries; see testdata/weights/make_names.py. */
function namesOf(arch: string): Row[] {
  const shape = (text: string) => (text === '' ? [] : text.split('x').map(Number));
  return new TextDecoder()
    .decode(fixture(`names/${arch}.tsv`))
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [torchvision = '', dims = '', timm = torchvision, timmDims = dims] = line.split('\t');
      return { torchvision, dims: shape(dims), timm, timmDims: shape(timmDims) };
    });
}

const NETWORKS = readdirSync(new URL('../../../testdata/weights/names', import.meta.url)).map((f) =>
  f.replace('.tsv', ''),
);
assert.ok(NETWORKS.length >= 12);

/** A tensor of a shape that can be told from others; its values are not looked at. */
const hollow = (dims: readonly number[]): TensorData => ({ dtype: 'float16', dims, data: new Uint16Array(0) });

const wantedOf = (rows: readonly Row[]) => new Map(rows.map((r) => [r.torchvision, r.dims]));

describe('names of torchvision and timm', () => {
  for (const arch of NETWORKS) {
    const rows = namesOf(arch);

    test(`${arch}: timm's names become torchvision's, which stay`, () => {
      const names = torchvisionNames(rows.map((r) => r.timm));
      for (const { timm, torchvision } of rows) assert.equal(names?.get(timm) ?? timm, torchvision);
      const own = torchvisionNames(rows.map((r) => r.torchvision));
      for (const { torchvision } of rows) assert.equal(own?.get(torchvision) ?? torchvision, torchvision);
    });

    test(`${arch}: a file of either library fits a network of either`, () => {
      const theirs = new Map(rows.map((r) => [`model.${r.timm}`, hollow(r.timmDims)]));
      const ours = new Map(rows.map((r) => [r.torchvision, hollow(r.dims)]));
      const forward = matchTensors(theirs, wantedOf(rows), { file: 'x' });
      assert.equal(forward.size, rows.length);
      for (const { torchvision, dims } of rows) assert.deepEqual(forward.get(torchvision)?.dims, dims);
      const backward = matchTensors(ours, new Map(rows.map((r) => [r.timm, r.timmDims])), { file: 'x' });
      for (const { timm, timmDims } of rows) assert.deepEqual(backward.get(timm)?.dims, timmDims);
    });
  }

  test('values go with their names', () => {
    const rows = namesOf('mobilenet_v3_small').filter((r) => sizeOf(r.dims) < 100);
    const all = namesOf('mobilenet_v3_small');
    const file = new Map(all.map((r) => [r.timm, hollow(r.timmDims)]));
    for (const [i, r] of rows.entries()) file.set(r.timm, float32(r.timmDims, Array(sizeOf(r.dims)).fill(i)));
    const found = matchTensors(file, wantedOf(all), { file: 'x' });
    for (const [i, r] of rows.entries()) assert.equal(found.get(r.torchvision)?.data[0], i, r.torchvision);
  });

  test("DenseNet's published files have dots in the names of layers", () => {
    const rows = namesOf('densenet121');
    const old = (name: string) => name.replace(/(denselayer\d+\.(?:norm|conv))(\d)/, '$1.$2');
    const file = new Map(rows.map((r) => [old(r.torchvision), hollow(r.dims)]));
    assert.ok(file.has('features.denseblock4.denselayer16.conv.2.weight'));
    assert.equal(matchTensors(file, wantedOf(rows), { file: 'x' }).size, rows.length);
  });

  test('a body without its classifier is recognised too', () => {
    for (const arch of NETWORKS) {
      const rows = namesOf(arch);
      const classifier = rows.filter((r) => /^(fc|classifier|heads)\./.test(r.torchvision)).map((r) => r.torchvision);
      assert.ok(classifier.length >= 2);
      const body = new Map([...wantedOf(rows)].filter(([name]) => !classifier.includes(name)));
      const file = new Map(rows.map((r) => [r.timm, hollow(r.timmDims)]));
      assert.equal(matchTensors(file, body, { file: 'x', classifier }).size, body.size, arch);
    }
  });
});

// ---- a small network ----

const wanted = new Map<string, readonly number[]>([
  ['conv1.weight', [4, 3, 3, 3]],
  ['bn1.weight', [4]],
  ['bn1.running_mean', [4]],
  ['fc.weight', [10, 4]],
  ['fc.bias', [10]],
]);
const classifier = ['fc.weight', 'fc.bias'];
const file = (changes: Readonly<Record<string, TensorData | undefined>> = {}, prefix = '') => {
  const all = new Map([...wanted].map(([name, dims]) => [prefix + name, hollow(dims)]));
  for (const [name, tensor] of Object.entries(changes)) {
    if (tensor === undefined) all.delete(name);
    else all.set(name, tensor);
  }
  return all;
};
const match = (tensors: ReadonlyMap<string, TensorData>, names: readonly string[] = classifier) =>
  matchTensors(tensors, wanted, { file: 'some.pth', network: 'tiny', classifier: names });

describe('matching', () => {
  for (const prefix of ['module.', 'model.', 'model.module.', '_orig_mod.', 'net.backbone.', 'state.a.b.c.']) {
    test(`under ${prefix}`, () => {
      const beside = { criterion: hollow([3]), 'optimizer.weight': hollow([7]), n_averaged: int64([], [3]) };
      assert.equal(match(file(beside, prefix)).size, 5);
    });
  }

  test('of two copies, the one with the shorter prefix counts', () => {
    const both = new Map([...file({}, 'ema_model.'), ...file({}, 'model.')]);
    both.set('model.bn1.weight', float32([4], [1, 2, 3, 4]));
    assert.deepEqual([...(match(both).get('bn1.weight')?.data ?? [])], [1, 2, 3, 4]);
  });

  test('a classifier of the same size is taken, one of another size is left out whole', () => {
    assert.ok(match(file()).has('fc.bias'));
    const other = match(file({ 'fc.weight': hollow([3, 4]) }));
    assert.deepEqual([...other.keys()], ['conv1.weight', 'bn1.weight', 'bn1.running_mean']);
    assert.equal(match(file({ 'fc.weight': undefined, 'fc.bias': undefined })).size, 3);
    const custom = {
      'fc.weight': undefined,
      'fc.bias': undefined,
      'fc.1.weight': hollow([3, 4]),
      'head.bias': hollow([3]),
    };
    assert.equal(match(file(custom)).size, 3);
  });

  test('missing, extra and mis-shaped tensors are listed by name in one error', () => {
    const bad = file({
      'bn1.running_mean': undefined,
      'conv1.weight': hollow([4, 3, 5, 5]),
      'layer1.0.conv1.weight': hollow([4]),
      'layer1.0.bn1.num_batches_tracked': int64([], [3]),
    });
    assert.throws(
      () => match(bad),
      (error) => {
        assert.ok(error instanceof UserError);
        assert.equal(
          error.message,
          'some.pth does not fit tiny.\n  1 tensor missing: bn1.running_mean\n' +
            '  1 tensor of another shape: conv1.weight is [4,3,5,5], not [4,3,3,3]\n' +
            '  1 tensor not in tiny: layer1.0.conv1.weight',
        );
        return true;
      },
    );
  });

  test('a deeper network of the same kind is refused, although all of the names are there', () => {
    assert.throws(() => match(file({ 'conv2.weight': hollow([4, 4, 3, 3]) })), /1 tensor not in tiny: conv2\.weight/);
  });

  test("what ONNX's exporters name is no tensor of the network's", () => {
    const constants = {
      '/Reshape_output_0': hollow([2]),
      'onnx::Conv_193': hollow([3]),
      val_7: hollow([1]),
      scale: hollow([1]),
    };
    assert.equal(match(file(constants)).size, 5);
  });

  test('shapes are adapted only between libraries', () => {
    assert.throws(() => match(file({ 'bn1.weight': hollow([4, 1, 1]) })), /bn1\.weight is \[4,1,1\], not \[4\]/);
  });

  test('a file of something else shows both sides', () => {
    const strange = new Map([['a.b', hollow([1])]]);
    assert.throws(
      () => match(strange),
      /some\.pth does not fit tiny: none .* The file has a\.b; tiny has conv1\.weight/,
    );
    assert.throws(() => match(new Map()), /The file has none/);
  });

  test('long lists are cut', () => {
    const many = new Map(Array.from({ length: 50 }, (_, i) => [`layer${i}.weight`, [1]] as const));
    const one = new Map([['layer0.weight', hollow([1])]]);
    assert.throws(() => matchTensors(one, many, { file: 'x' }), /49 tensors missing: .*layer20\.weight, and 29 more$/);
  });

  test('names beyond number are matched in reasonable time', () => {
    const many = new Map(Array.from({ length: 100_000 }, (_, i) => [`a.b.c.d.e.${i}.weight`, hollow([1])]));
    assert.throws(() => match(many), UserError);
  });
});
