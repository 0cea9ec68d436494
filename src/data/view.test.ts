import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rng } from '../core/rng.js';
import * as t from './augment/geometric.js';
import { rotation, symmetricCorners, symmetry, warp, zooming } from './augment/maps.js';
import type { Transform } from './augment/transform.js';
import { apply, compose, type Homography, invert, type Point, squareToQuad } from './homography.js';
import { getTransforms, ttaTransforms } from './transforms.js';
import { drawView } from './view.js';

function close(actual: Point, expected: Point): void {
  assert.ok(
    Math.hypot(actual[0] - expected[0], actual[1] - expected[1]) < 1e-9,
    `${actual.join(', ')} is not ${expected.join(', ')}`,
  );
}

const fixed = (transform: Transform, width = 9, height = 9, size = 9): Homography =>
  drawView(new Rng(1), [transform], { width, height }, size).map;

test('a square goes to the four points asked for, and back', () => {
  const quad: Point[] = [
    [-1.1, -0.9],
    [1.2, -1.3],
    [0.8, 1.1],
    [-0.7, 1.05],
  ];
  const [a, b, c, d] = quad as [Point, Point, Point, Point];
  const map = squareToQuad(a, b, c, d);
  const square: Point[] = [
    [-1, -1],
    [1, -1],
    [1, 1],
    [-1, 1],
  ];
  square.forEach((corner, i) => {
    const target = quad[i] ?? corner;
    close(apply(map, corner), target);
    close(apply(invert(map), target), corner);
    close(apply(compose(invert(map), map), corner), corner);
  });
});

test("a symmetric warp samples the picture's corners at fastai's target points", () => {
  const [m0, m1, m2, m3] = [0.1, -0.2, 0.15, 0.05];
  const map = warp(symmetricCorners(m0, m1, m2, m3), false);
  close(apply(map, [-1 - m3, -1 - m1]), [-1, -1]);
  close(apply(map, [-1 - m2, 1 + m1]), [-1, 1]);
  close(apply(map, [1 + m3, -1 - m0]), [1, -1]);
  close(apply(map, [1 + m2, 1 + m0]), [1, 1]);
});

test('a quarter turn brings the bottom to the right', () => {
  close(apply(rotation(90), [1, 0]), [0, 1]);
  const map = fixed(t.rotate({ degrees: 90 }));
  close(apply(map, [8, 4]), [4, 8]);
  close(apply(map, [4, 4]), [4, 4]);
});

test('a rotation keeps shapes in a picture that is not square', () => {
  const map = fixed(t.rotate({ degrees: 30 }), 21, 11, 11);
  const corner = apply(map, [2, 3]);
  for (const other of [apply(map, [8, 3]), apply(map, [2, 9])]) {
    assert.ok(Math.abs(Math.hypot(corner[0] - other[0], corner[1] - other[1]) - 6) < 1e-9);
  }
});

test('zooming keeps the named corner in place', () => {
  close(apply(zooming(2, 0, 0), [-1, -1]), [-1, -1]);
  close(apply(zooming(2, 1, 1), [1, 1]), [1, 1]);
  close(apply(zooming(2, 0.5, 0.5), [1, 1]), [0.5, 0.5]);
  close(apply(zooming(2, 1, 0), [-1, 1]), [-1, 1]);
});

test('the eight symmetries of the square are all different and keep its corners', () => {
  const images = new Set<string>();
  for (let k = 0; k < 8; k++) {
    const [x, y] = apply(symmetry(k), [1, 0.5]);
    images.add(`${x},${y}`);
    assert.deepEqual(apply(symmetry(k), [1, 1]).map(Math.abs), [1, 1]);
  }
  assert.equal(images.size, 8);
});

test('flips and crops move by whole pixels', () => {
  assert.deepEqual(fixed(t.flipLr({ p: 1 })), [-1, 0, 8, 0, 1, 0, 0, 0, 1]);
  const crop = (pct: number): Homography => fixed(t.crop({ rowPct: pct, colPct: pct }), 14, 9, 9);
  assert.equal(crop(0)[2], 0);
  assert.equal(crop(0.5)[2], 3);
  assert.equal(crop(1)[2], 5);
});

test('a random crop reaches every position and no other', () => {
  const crop = getTransforms().train.slice(0, 1);
  const seen = new Set<number>();
  for (let i = 0; i < 200; i++) seen.add(drawView(new Rng(i), crop, { width: 12, height: 9 }, 9).map[2]);
  assert.deepEqual([...seen].sort(), [0, 1, 2, 3]);
});

test('parts happen as often as they should', () => {
  const rotate = t.rotate({ degrees: [5, 10], p: 0.75 });
  let moved = 0;
  for (let i = 0; i < 2000; i++)
    if (drawView(new Rng(3, i), [rotate], { width: 9, height: 9 }, 9).map[0] !== 1) moved++;
  assert.ok(Math.abs(moved / 2000 - 0.75) < 0.04, `${moved} of 2000`);
});

test("getTransforms has fastai's parts, ranges and defaults", () => {
  const { train, valid } = getTransforms();
  assert.deepEqual(
    train.map(({ name }) => name),
    ['crop', 'flipLr', 'symmetricWarp', 'rotate', 'zoom', 'brightness', 'contrast'],
  );
  assert.deepEqual(valid, [{ name: 'crop', rowPct: [0.5, 0.5], colPct: [0.5, 0.5], p: 1 }]);
  assert.deepEqual(train[5], { name: 'brightness', change: [0.4, 0.6], p: 0.75 });
  assert.deepEqual(train[6], { name: 'contrast', scale: [0.8, 1.25], p: 0.75 });
  const plain = getTransforms({ doFlip: false, maxRotate: 0, maxZoom: 1, maxLighting: 0, maxWarp: 0 });
  assert.deepEqual(
    plain.train.map(({ name }) => name),
    ['crop'],
  );
  assert.equal(getTransforms({ flipVert: true }).train[1]?.name, 'dihedralAffine');
  assert.throws(() => getTransforms({ maxWarp: 0.7 }), /maxWarp must be a number from 0 to 0.4, not 0.7/);
  assert.throws(() => getTransforms({ maxZoom: 0.5 }), /maxZoom/);
});

test('the eight test-time passes are four corners, each plain and mirrored', () => {
  const flips: boolean[] = [];
  const corners = new Set<string>();
  for (let pass = 0; pass < 8; pass++) {
    const transforms = ttaTransforms(getTransforms().train, pass, 1.35);
    const crop = transforms.find((t) => t.name === 'crop');
    const zoomed = transforms.find((t) => t.name === 'zoom');
    assert.ok(crop?.name === 'crop' && zoomed?.name === 'zoom');
    assert.deepEqual([zoomed.rowPct, zoomed.colPct, zoomed.scale], [crop.rowPct, crop.colPct, [1.35, 1.35]]);
    corners.add(`${crop.rowPct.join()} ${crop.colPct.join()}`);
    flips.push(transforms.some((t) => t.name === 'flipLr'));
  }
  assert.equal(corners.size, 4);
  assert.deepEqual(flips, [false, false, false, false, true, true, true, true]);
  const unflipped = ttaTransforms(getTransforms({ doFlip: false }).train, 7, 1.35);
  assert.ok(!unflipped.some((t) => t.name === 'flipLr'));
});

test('where training moves pictures over their edges at one scale, so do test-time passes, half as far', () => {
  const moved = [...t.randPad({ padding: 4, mode: 'zeros' }), t.flipLr()];
  // Where the square's first pixel is taken from.
  const places = Array.from(
    { length: 8 },
    (_, pass) => drawView(new Rng(1), ttaTransforms(moved, pass, 1.35), { width: 9, height: 9 }, 9).map,
  ).map((map) => apply(map, [0, 0]).map(Math.round));
  assert.deepEqual(places, [
    ...[
      [-2, -2],
      [-2, 2],
      [2, -2],
      [2, 2],
    ],
    ...[
      [10, -2],
      [10, 2],
      [6, -2],
      [6, 2],
    ],
  ]);
  const zooming = ttaTransforms([...moved, t.randZoom({ scale: [1, 1.2] })], 0, 1.35).map(({ name }) => name);
  assert.deepEqual(zooming, ['zoom', 'crop']);
});
