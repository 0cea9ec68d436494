import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layoutOf } from '../../engine/layout.js';
import { sizeOf } from '../../graph/types.js';
import { type Architecture, assertTakesSize } from '../architecture.js';
import { alexnet } from './alexnet.js';
import { models } from './index.js';
import { resnet18 } from './resnet.js';
import { vitTiny } from './vit.js';

const NETWORK = { mean: [0, 0, 0], std: [1, 1, 1] } as const;

/** Number of parameters of an architecture with its own classifier. */
function parametersOf(arch: Architecture, classes: number): number {
  const { segments } = layoutOf({ arch, classes, head: { kind: 'original' }, ...NETWORK }, 64);
  return segments.flatMap((s) => s.specs).reduce((n, { dims }) => n + sizeOf(dims), 0);
}

test('every network has as many parameters as its published weights', () => {
  for (const [name, arch] of Object.entries<Architecture>(models)) {
    assert.equal(arch.name, name);
    if (arch.pretrained === undefined) continue;
    assert.equal(parametersOf(arch, arch.pretrained.classes), arch.pretrained.parameters, name);
  }
});

test('files of weights are named apart, and each address has a hash: in its name, or of the revision that it names', () => {
  const published = Object.values<Architecture>(models).flatMap(({ pretrained }) => pretrained?.weights ?? []);
  assert.equal(new Set(published.map(({ file }) => file)).size, published.length);
  for (const { file, address, sha256 } of published) {
    if (address === undefined) continue;
    assert.equal(new URL(address).protocol, 'https:');
    assert.ok(sha256 !== undefined, file);
    if (address.includes('/resolve/'))
      assert.match(`${sha256} ${address}`, /^[0-9a-f]{64} .*\/resolve\/[0-9a-f]{40}\//);
    else assert.ok(file.endsWith(`-${sha256}.pth`) && address.endsWith(file), file);
  }
});

test("a head reads a feature map, or a transformer's class token", () => {
  const features = (arch: Architecture) =>
    layoutOf({ arch, classes: 3, head: { kind: 'original' }, ...NETWORK }, 64).features;
  assert.deepEqual(features(resnet18), [512, 2, 2]);
  assert.deepEqual(features(vitTiny), [192]);
  assert.deepEqual(
    layoutOf({ arch: vitTiny, classes: 3, head: { kind: 'concat-pool' }, ...NETWORK }, 64).features,
    [192],
  );
});

test('a picture size that a network does not take is an error that names the next one', () => {
  for (const size of [63, 64, 224]) assertTakesSize(alexnet, size);
  assert.throws(() => assertTakesSize(alexnet, 62), {
    name: 'UserError',
    message: 'pictures of 62 px are too small for alexnet: it takes 63 px or more',
  });
  for (const size of [16, 64, 384]) assertTakesSize(vitTiny, size);
  assert.throws(() => assertTakesSize(vitTiny, 100), /100 px do not fit .*multiples of 16 px, such as 96 or 112$/);
  assert.throws(() => assertTakesSize(vitTiny, 8), /too small/);
  assert.throws(() => layoutOf({ arch: vitTiny, classes: 3, head: { kind: 'original' }, ...NETWORK }, 40), /32 or 48$/);
});
