import assert from 'node:assert/strict';
import { test } from 'node:test';
import { betaNumber } from '../../core/distributions.js';
import { Rng } from '../../core/rng.js';
import type { ImageBatch } from '../batch.js';
import { cutMix, type MixedBatch, type MixOptions, mixUp, targetRows } from './mix.js';

const SIZE = 8;
const CLASSES = 16;

/** Picture k has the label k and the colour 16 · k. */
function flatBatch(n = CLASSES): ImageBatch {
  const labels = Int32Array.from({ length: n }, (_, k) => k);
  const images = Uint8Array.from({ length: n * 3 * SIZE * SIZE }, (_, i) => 16 * Math.floor(i / (3 * SIZE * SIZE)));
  return { images, labels, indices: labels, n };
}

/** The classes of a row and their shares. */
function row(batch: MixedBatch, k: number): [label: number, share: number][] {
  return [...batch.targets.subarray(k * CLASSES, (k + 1) * CLASSES).entries()].filter(([, share]) => share > 0);
}

type Mix = (batch: ImageBatch, options: MixOptions, rng: Rng) => MixedBatch;

/** How much each picture keeps of itself, over many batches. */
function shares(mix: Mix, alpha: number): number[] {
  return Array.from({ length: 100 }, (_, i) => mix(flatBatch(), { alpha, classes: CLASSES }, new Rng(2, i))).flatMap(
    (batch) => Array.from({ length: batch.n }, (_, k) => row(batch, k).find(([label]) => label === k)?.[1] ?? 0),
  );
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

for (const [name, mix] of [
  ['MixUp', mixUp],
  ['CutMix', cutMix],
] as const) {
  test(`${name} mixes pictures and targets by the same shares, and leaves the batch as it was`, () => {
    const batch = flatBatch();
    const mixed = mix(batch, { alpha: 1, classes: CLASSES }, new Rng(5));
    assert.deepEqual(batch, flatBatch());
    assert.deepEqual(mix(batch, { alpha: 1, classes: CLASSES }, new Rng(5)), mixed);
    assert.notDeepEqual(mix(batch, { alpha: 1, classes: CLASSES }, new Rng(6)).images, mixed.images);
    assert.deepEqual([mixed.labels, mixed.indices, mixed.n], [batch.labels, batch.indices, batch.n]);
    const partners = new Set<number>();
    for (let k = 0; k < batch.n; k++) {
      const parts = row(mixed, k);
      assert.ok(parts.length <= 2);
      assert.ok(Math.abs(mean(parts.map(([, share]) => share)) * parts.length - 1) < 1e-6);
      const pixels = mixed.images.subarray(k * 3 * SIZE * SIZE, (k + 1) * 3 * SIZE * SIZE);
      const expected = parts.reduce((sum, [label, share]) => sum + share * 16 * label, 0);
      assert.ok(Math.abs(mean([...pixels]) - expected) < 0.51, `${mean([...pixels])}, not ${expected}`);
      partners.add(parts.find(([label]) => label !== k)?.[0] ?? k);
    }
    assert.ok(partners.size > batch.n / 2);
  });

  test(`${name} mixes rows that a batch has, smooths labels, and gives pictures without one no target`, () => {
    const targets = Float32Array.from({ length: 4 * 3 }, (_, i) => i % 2);
    const several = mix({ ...flatBatch(4), targets }, { alpha: 1, classes: 3 }, new Rng(1));
    assert.deepEqual(
      targets,
      Float32Array.from({ length: 4 * 3 }, (_, i) => i % 2),
    );
    for (const value of several.targets) assert.ok(value >= 0 && value <= 1);
    assert.equal(several.targets.length, 12);
    const smoothed = mix(flatBatch(), { alpha: 1, classes: CLASSES, labelSmoothing: 0.1 }, new Rng(1));
    assert.ok(Math.abs(Math.min(...smoothed.targets) - 0.1 / CLASSES) < 1e-7);
    const bare = mix({ ...flatBatch(1), labels: Int32Array.of(-1) }, { alpha: 1, classes: CLASSES }, new Rng(1));
    assert.equal(Math.max(...bare.targets), 0);
    assert.throws(
      () => mix(flatBatch(), { alpha: 0, classes: CLASSES }, new Rng(1)),
      /alpha must be a number from 0.001/,
    );
    assert.throws(() => mix(flatBatch(), { alpha: 1, classes: 0 }, new Rng(1)), /classes must be a whole number/);
    const wrong = { alpha: 1, classes: 3, labelSmoothing: 2 };
    assert.throws(() => mix(flatBatch(3), wrong, new Rng(1)), /labelSmoothing must be a number from 0 to 1, not 2/);
  });
}

test("MixUp's own shares are at least one half, and nearer to 1 the smaller alpha is", () => {
  const even = shares(mixUp, 1);
  assert.ok(Math.min(...even) >= 0.5);
  // A sixteenth of them are their own partners, and stay whole.
  assert.ok(Math.abs(mean(even) - (0.75 + 0.25 / 16)) < 0.02, `${mean(even)}`);
  assert.ok(mean(shares(mixUp, 0.1)) > 0.9);
});

test("CutMix's boxes are cut off at the edges, which leaves pictures more of themselves than was drawn", () => {
  const own = shares(cutMix, 1);
  assert.ok(mean(own) > 0.55 && mean(own) < 0.8, `${mean(own)}`);
  assert.ok(own.some((share) => share < 0.3) && own.some((share) => share > 0.9));
});

test('the beta distribution has its mean and variance', () => {
  for (const alpha of [0.05, 0.4, 1, 3]) {
    const numbers = Array.from({ length: 4000 }, (_, i) => betaNumber(new Rng(3, i), alpha));
    const average = mean(numbers);
    const variance = mean(numbers.map((x) => (x - average) ** 2));
    assert.ok(Math.abs(average - 0.5) < 0.03, `alpha ${alpha}: mean ${average}`);
    const expected = 1 / (4 * (2 * alpha + 1));
    assert.ok(Math.abs(variance - expected) < 0.05 * expected + 0.002, `alpha ${alpha}: ${variance}, not ${expected}`);
  }
});

test('rows of labels', () => {
  const batch = { ...flatBatch(2), labels: Int32Array.of(1, -1) };
  assert.deepEqual([...targetRows(batch, 2)], [0, 1, 0, 0]);
  assert.deepEqual([...targetRows(batch, 2, 0.5)], [0.25, 0.75, 0, 0]);
});
