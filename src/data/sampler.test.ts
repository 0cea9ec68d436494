import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rng } from '../core/rng.js';
import { enlarge } from './enlarge.js';
import { apply, compose, type Homography, translation } from './homography.js';
import { lightingTable, logit, unchanged } from './lighting.js';
import { type BasePicture, reflect, renderView } from './sampler.js';
import { getTransforms } from './transforms.js';
import { drawView, rotation } from './view.js';

function randomPicture(width: number, height: number, start = 0): BasePicture {
  const rng = new Rng(7, width, height);
  const pixels = Uint8Array.from({ length: start + width * height * 3 }, () => rng.int(256));
  return { pixels, start, width, height };
}

function render(base: BasePicture, map: Homography, size: number, table = unchanged): Uint8Array {
  const out = new Uint8Array(3 * size * size);
  renderView(base, { map, table }, out, 0, size);
  return out;
}

function pixel({ pixels, start, width, height }: BasePicture, x: number, y: number, c: number): number {
  return pixels[start + (reflect(y, height) * width + reflect(x, width)) * 3 + c] ?? Number.NaN;
}

/** The textbook formula, in floating point. */
function bilinear(base: BasePicture, x: number, y: number, c: number): number {
  const [ix, iy] = [Math.floor(x), Math.floor(y)];
  const [fx, fy] = [x - ix, y - iy];
  const above = (1 - fx) * pixel(base, ix, iy, c) + fx * pixel(base, ix + 1, iy, c);
  const below = (1 - fx) * pixel(base, ix, iy + 1, c) + fx * pixel(base, ix + 1, iy + 1, c);
  return (1 - fy) * above + fy * below;
}

test('reflection is about the outermost pixels', () => {
  const at = (length: number): number[] =>
    Array.from({ length: 13 }, (_, i) => i - 6).map((position) => reflect(position, length));
  assert.deepEqual(at(4), [0, 1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0]);
  assert.deepEqual(at(1), new Array(13).fill(0));
});

test('a view that moves by whole pixels copies them, as planes', () => {
  const base = randomPicture(9, 7, 5);
  const out = render(base, translation(2, 1), 5);
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < 5; y++) {
      for (let x = 0; x < 5; x++) assert.equal(out[c * 25 + y * 5 + x], pixel(base, x + 2, y + 1, c));
    }
  }
});

test('a quarter turn and a mirror move each pixel exactly', () => {
  const base = randomPicture(8, 8);
  const centred = compose(translation(3.5, 3.5), compose(rotation(90), translation(-3.5, -3.5)));
  const turned = render(base, centred, 8);
  const mirrored = render(base, [-1, 0, 7, 0, 1, 0, 0, 0, 1], 8);
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < 8; y++) {
      for (let x = 0; x < 8; x++) {
        assert.equal(turned[c * 64 + y * 8 + x], pixel(base, 7 - y, x, c));
        assert.equal(mirrored[c * 64 + y * 8 + x], pixel(base, 7 - x, y, c));
      }
    }
  }
});

test('any homography gives what the bilinear formula gives, inside and beyond the edges', () => {
  const maps: Homography[] = [
    [0.8, 0.1, 1.3, -0.2, 0.9, 2.1, 0, 0, 1],
    [1, 0, -30.25, 0, 1, 17.5, 0, 0, 1],
    [1.1, 0.3, -4, -0.25, 1.2, 3, 0.004, -0.006, 1],
    [-1, 0, 18.5, 0, -1, 12.5, 0, 0, 1],
    [0, 0, 3.25, 0, 0, 2.75, 0, 0, 1],
  ];
  for (let i = 0; i < 20; i++) maps.push(drawView(new Rng(i), getTransforms().train, 20, 15, 15).map);
  const base = randomPicture(20, 15, 11);
  for (const map of maps) {
    const out = render(base, map, 15);
    for (let c = 0; c < 3; c++) {
      for (let y = 0; y < 15; y++) {
        for (let x = 0; x < 15; x++) {
          const [sx, sy] = apply(map, [x, y]);
          const expected = bilinear(base, sx, sy, c);
          const actual = out[c * 225 + y * 15 + x] ?? Number.NaN;
          // Half a level of rounding, and 1/4096 of a pixel each way at the steepest slope.
          assert.ok(Math.abs(actual - expected) < 0.5 + 255 / 2048 + 1e-6, `(${x}, ${y}): ${actual}, not ${expected}`);
        }
      }
    }
  }
});

test('a horizon inside the picture does no harm', () => {
  const out = render(randomPicture(6, 6), [1, 0, 0, 0, 1, 0, -0.4, 0, 1], 6);
  assert.equal(out.length, 108);
});

test('brightness brings middle grey to the value asked for; contrast turns about it', () => {
  assert.equal(
    lightingTable(logit(0.6), 1)[Math.round(127.5)],
    Math.round(255 / (1 + Math.exp(-logit(128 / 255) - logit(0.6)))),
  );
  const table = lightingTable(0, 1.25);
  for (const value of [10, 100, 127, 128, 200]) {
    const p = value / 255;
    const expected = (255 * p ** 1.25) / (p ** 1.25 + (1 - p) ** 1.25);
    assert.equal(table[value], Math.round(expected));
  }
  assert.deepEqual([table[0], table[255]], [0, 255]);
  assert.deepEqual(lightingTable(0, 1), unchanged);
});

test('the lighting table is applied to copies and to sampled pictures', () => {
  const base = randomPicture(8, 8);
  const table = lightingTable(logit(0.4), 0.8);
  for (const map of [translation(0, 0), translation(0.5, 0.25)]) {
    const plain = render(base, map, 6);
    assert.deepEqual(
      render(base, map, 6, table),
      plain.map((value) => table[value] ?? 0),
    );
  }
});

test('a brightness and a contrast that are certain give the table of both', () => {
  const { table } = drawView(
    new Rng(0),
    [
      { name: 'brightness', change: [0.6, 0.6], p: 1 },
      { name: 'contrast', scale: [0.8, 0.8], p: 1 },
    ],
    4,
    4,
    4,
  );
  assert.deepEqual(table, lightingTable(logit(0.6), 0.8));
});

test('enlarging keeps flat pictures, ramps, and the size of the picture', () => {
  const flat = enlarge(new Uint8Array(2 * 3 * 3).fill(77), 2, 3, 8, 12);
  assert.deepEqual(flat, new Uint8Array(8 * 12 * 3).fill(77));
  const ramp = Uint8Array.from({ length: 8 * 3 }, (_, i) => 40 + 20 * Math.floor(i / 3));
  const wide = enlarge(ramp, 8, 1, 16, 1);
  // Away from the edges a cubic reproduces a line: pixel x lies at (x + 0.5) / 2 - 0.5.
  for (let x = 4; x < 12; x++) assert.equal(wide[3 * x], 40 + 20 * ((x + 0.5) / 2 - 0.5));
  const picture = randomPicture(5, 4).pixels;
  assert.deepEqual(enlarge(picture, 5, 4, 5, 4), picture);
});
