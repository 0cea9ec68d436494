import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rng } from '../../core/rng.js';
import { whitening } from './whitening.js';

const FILTERS = 16;
const LENGTH = 12;
const filters = Array.from({ length: FILTERS }, (_, i) => whitening().subarray(i * LENGTH, (i + 1) * LENGTH));
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0);

test('eight directions at right angles, each with both signs', () => {
  assert.equal(whitening().length, FILTERS * LENGTH);
  const half = FILTERS / 2;
  filters.slice(0, half).forEach((filter, i) => {
    assert.deepEqual([...(filters[i + half] ?? [])], [...filter.map((x) => -x)]);
    filters.slice(i + 1, half).forEach((other) => {
      assert.ok(Math.abs(dot(filter, other)) < 1e-4 * Math.sqrt(dot(filter, filter) * dot(other, other)));
    });
  });
});

test('only the first sees brightness, and all of it', () => {
  const grey = new Float32Array(LENGTH).fill(1);
  const [first, ...others] = filters.slice(0, FILTERS / 2).map((filter) => dot(filter, grey));
  assert.ok((first ?? 0) > 0.9);
  for (const value of others) assert.ok(Math.abs(value) < 1e-5);
});

test('patches as smooth as those of pictures come out evenly spread', () => {
  // Brightness and colours that change little from pixel to pixel, with the deviations of normalised pictures.
  const rng = new Rng(0, 1);
  const sums = new Float64Array(FILTERS / 2);
  const patches = 4000;
  for (let n = 0; n < patches; n++) {
    const [brightness, redBlue, green] = [1.77 * rng.normal(), 0.5 * rng.normal(), 0.23 * rng.normal()];
    const [right, down, diagonal] = [0.32 * rng.normal(), 0.35 * rng.normal(), 0.13 * rng.normal()];
    const patch = [1, 0, -1].flatMap((red, channel) =>
      [
        [1, 1],
        [-1, 1],
        [1, -1],
        [-1, -1],
      ].map(([x = 0, y = 0]) => {
        const light = brightness / Math.sqrt(3) + (x * right + y * down + x * y * diagonal) / Math.sqrt(3);
        const colour = (redBlue * red) / Math.SQRT2 + (green * (channel === 1 ? -2 : 1)) / Math.sqrt(6);
        return light + colour;
      }),
    );
    filters.slice(0, FILTERS / 2).forEach((filter, i) => {
      sums[i] = (sums[i] ?? 0) + dot(filter, patch) ** 2 / patches;
    });
  }
  // Those that see how colours change see nothing here.
  const seen = [0, 1, 2, 3, 4, 7].map((i) => sums[i] ?? 0);
  for (const variance of seen) assert.ok(variance > 0.5 && variance < 1.5, `variances ${seen}`);
});
