import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../core/errors.js';
import { Rng } from '../../core/rng.js';
import { apply, type Point } from '../homography.js';
import { getTransforms, ttaTransforms } from '../transforms.js';
import { drawView } from '../view.js';
import * as t from './geometric.js';
import { drawn, pictureOf } from './testing/drawn.js';
import type { Transform } from './transform.js';

/** Where the pixel (x, y) of the square is taken from. */
function source(transforms: readonly Transform[], at: Point, width = 9, height = 9, size = 9): Point {
  return apply(drawView(new Rng(1), transforms, { width, height }, size).map, at);
}

function close(actual: Point, expected: Point): void {
  assert.ok(Math.hypot(actual[0] - expected[0], actual[1] - expected[1]) < 1e-9, `${actual} is not ${expected}`);
}

/** From [-1, 1]² to the pixels of a 9 × 9 picture. */
const px = (x: number, y: number): Point => [4 + 4 * x, 4 + 4 * y];

test('a tilt moves both corners of one side apart', () => {
  const m = 0.25;
  const moved: [Point, Point][][] = [
    [
      [px(1, -1 - m), px(1, -1)],
      [px(1, 1 + m), px(1, 1)],
      [px(-1, -1), px(-1, -1)],
    ],
    [
      [px(-1, -1 - m), px(-1, -1)],
      [px(-1, 1 + m), px(-1, 1)],
      [px(1, 1), px(1, 1)],
    ],
    [
      [px(-1 - m, 1), px(-1, 1)],
      [px(1 + m, 1), px(1, 1)],
      [px(1, -1), px(1, -1)],
    ],
    [
      [px(-1 - m, -1), px(-1, -1)],
      [px(1 + m, -1), px(1, -1)],
      [px(1, 1), px(1, 1)],
    ],
  ];
  moved.forEach((points, direction) => {
    for (const [seen, taken] of points) {
      close(source([t.tilt({ direction, magnitude: m })], seen), taken);
      close(source([t.tilt({ direction, magnitude: m, invert: true })], taken), seen);
    }
  });
});

test('a skew moves one corner along one side, and no other', () => {
  const m = 0.3;
  const corners: Point[] = [px(-1, -1), px(-1, 1), px(1, -1), px(1, 1)];
  const seen: Point[] = [
    px(-1 - m, -1),
    px(-1, -1 - m),
    px(-1 - m, 1),
    px(-1, 1 + m),
    px(1 + m, -1),
    px(1, -1 - m),
    px(1 + m, 1),
    px(1, 1 + m),
  ];
  seen.forEach((at, direction) => {
    const skew = [t.skew({ direction, magnitude: m })];
    const moved = direction >> 1;
    close(source(skew, at), corners[moved] ?? at);
    corners.forEach((corner, i) => {
      if (i !== moved) close(source(skew, corner), corner);
    });
  });
});

test('a perspective warp of one magnitude moves every corner by it, both ways', () => {
  const warp = [t.perspectiveWarp({ magnitude: 0.1 })];
  for (const [x, y] of [
    [-1, -1],
    [1, -1],
    [1, 1],
    [-1, 1],
  ] as const) {
    close(source(warp, px(x + 0.1, y + 0.1)), px(x, y));
  }
  const inverse = [t.perspectiveWarp({ magnitude: 0.1, invert: true })];
  close(source(inverse, px(1, -1)), px(1.1, -0.9));
});

test('a squish shows a part of the width or of the height', () => {
  const narrow = [t.squish({ scale: 0.5, colPct: 0 })];
  close(source(narrow, px(-1, -1)), px(-1, -1));
  close(source(narrow, px(1, 1)), px(0, 1));
  const flat = [t.squish({ scale: 2, rowPct: 1 })];
  close(source(flat, px(-1, -1)), px(-1, 0));
  close(source(flat, px(1, 1)), px(1, 1));
});

test('the eight symmetries are what flips and a transpose of the pixels give', () => {
  const picture = pictureOf(5, 5);
  for (let k = 0; k < 8; k++) {
    const seen = drawn(picture, [t.dihedral({ k })], 5);
    const affine = drawn(picture, [t.dihedralAffine({ k })], 5);
    for (let y = 0; y < 5; y++) {
      for (let x = 0; x < 5; x++) {
        const [r, c] = k & 4 ? [x, y] : [y, x];
        assert.equal(seen.at(x, y, 0), picture.at(k & 2 ? 4 - c : c, k & 1 ? 4 - r : r, 0));
        const [sx, sy] = k & 4 ? [y, x] : [x, y];
        assert.equal(affine.at(x, y, 0), picture.at(k & 1 ? 4 - sx : sx, k & 2 ? 4 - sy : sy, 0));
      }
    }
  }
});

test('both mirrors give the same in the middle of a picture, half of the time', () => {
  const picture = pictureOf(6, 6);
  assert.deepEqual(drawn(picture, [t.flipLr({ p: 1 })], 6).pixels, drawn(picture, [t.flipAffine({ p: 1 })], 6).pixels);
  for (const flip of [t.flipLr(), t.flipAffine()]) {
    let flipped = 0;
    for (let i = 0; i < 1000; i++)
      if (drawView(new Rng(9, i), [flip], { width: 6, height: 6 }, 6).map[0] < 0) flipped++;
    assert.ok(Math.abs(flipped / 1000 - 0.5) < 0.05, `${flipped} of 1000`);
  }
});

// A bright pixel at (4, 2) of 9 × 7, moved by torchvision 0.29's affine with magnitudes as RandAugment gives them.
test('shears and translations move a pixel where torchvision moves it', () => {
  const bright = pictureOf(9, 7, (x, y) => (x === 4 && y === 2 ? 255 : 0));
  const brightest = (transform: Transform): Point => {
    const { pixels } = drawn(bright, [t.pad({ padding: 1, mode: 'zeros' }), transform], 7, { paddingMode: 'zeros' });
    const plane = pixels.subarray(0, 49);
    const at = plane.indexOf(Math.max(...plane));
    // The square begins one pixel right of the picture's left edge.
    return [(at % 7) + 1, Math.floor(at / 7)];
  };
  assert.deepEqual(brightest(t.translate({ x: 2 / 7 })), [6, 2]);
  assert.deepEqual(brightest(t.translate({ y: -1 / 7 })), [4, 1]);
  // By nearest neighbour, as torchvision samples there.
  const sheared = (transform: Transform, at: Point): Point => {
    const [x, y] = source([transform], at);
    return [Math.round(x), Math.round(y)];
  };
  assert.deepEqual(sheared(t.shear({ x: 0.5 }), [3, 2]), [4, 2]);
  assert.deepEqual(sheared(t.shear({ y: 0.5 }), [4, 0]), [4, 2]);
  close(source([t.shear({ x: 0.5 })], [3, 2]), [3 + 0.5 * 2.5, 2]);
});

test('padding makes room for random crops on every side', () => {
  const seen = new Set<string>();
  for (let i = 0; i < 400; i++) {
    const [x, y] = apply(drawView(new Rng(i), t.randPad({ padding: 2 }), { width: 9, height: 9 }, 9).map, [0, 0]);
    seen.add(`${x} ${y}`);
    assert.ok(Math.abs(x) <= 2 && Math.abs(y) <= 2);
  }
  assert.equal(seen.size, 25);
  close(source([t.pad({ padding: 3 })], [0, 0]), [0, 0]);
});

test('boxes of a random resized crop lie in the picture, with areas and ratios as asked for', () => {
  const [width, height, size] = [120, 90, 30];
  const boxes = (picture: readonly [number, number], transform: Transform): [number, number][] =>
    Array.from({ length: 1000 }, (_, i) => {
      const { map } = drawView(new Rng(4, i), [transform], { width: picture[0], height: picture[1] }, size);
      const [left, top] = apply(map, [-0.5, -0.5]);
      const [right, bottom] = apply(map, [size - 0.5, size - 0.5]);
      const beyond = Math.max(-0.5 - left, -0.5 - top, right - picture[0] + 0.5, bottom - picture[1] + 0.5);
      assert.ok(beyond < 1e-9, `${beyond} pixels beyond the edges`);
      return [right - left, bottom - top];
    });
  for (const [w, h] of boxes([width, height], t.randResizeCrop())) {
    const zoom = (width * height) / (w * h);
    assert.ok(zoom > 0.98 && zoom < 2.02, `1/${zoom} of the area`);
    assert.ok(w / h > 0.73 && w / h < 1.37, `${w} × ${h}`);
  }
  const share = (found: readonly unknown[]): number => found.length / 1000;
  const small = share(boxes([100, 100], t.randResizeCrop({ ratios: 1 })).filter(([w, h]) => w * h < 1e4 / 1.5));
  assert.ok(Math.abs(small - 0.5) < 0.05, `${small} are smaller than two thirds`);
  const wide = share(boxes([100, 100], t.randResizeCrop()).filter(([w, h]) => w > h));
  assert.ok(Math.abs(wide - 0.5) < 0.05, `${wide} are wide`);
  // Boxes of the whole area and another shape never fit: the largest middle square.
  const whole = drawView(new Rng(1), [t.randResizeCrop({ maxScale: 1, ratios: 5 })], { width, height }, size).map;
  assert.deepEqual(apply(whole, [-0.5, -0.5]), [14.5, -0.5]);
  assert.deepEqual(apply(whole, [size - 0.5, size - 0.5]), [104.5, 89.5]);
});

test('what gives several transforms stands in a list as it is; extra transforms come last', () => {
  assert.deepEqual(t.zoomCrop({ scale: 2 }), [t.zoom({ scale: 2 }), t.crop()]);
  assert.deepEqual(t.zoomCrop({ scale: 2, doRand: true, p: 0.5 }), [t.randZoom({ scale: 2, p: 0.5 }), t.randCrop()]);
  const { train } = getTransforms({ xtraTfms: [t.squish({ scale: [0.8, 1.2] }), t.randPad({ padding: 4 })] });
  assert.deepEqual(
    train.slice(-3).map(({ name }) => name),
    ['squish', 'pad', 'crop'],
  );
  const tta = ttaTransforms(train, 3, 1.35).map(({ name }) => name);
  assert.deepEqual(tta, ['symmetricWarp', 'rotate', 'brightness', 'contrast', 'squish', 'zoom', 'crop']);
});

test('options that are no good are told by name', () => {
  const cases: [() => unknown, RegExp][] = [
    [
      () => t.rotate({ degrees: 400 }),
      /rotate: degrees must be a number from -360 to 360, or \[low, high\].*, not 400/,
    ],
    [() => t.rotate({ degrees: [10, -10] }), /rotate: degrees .* not \[10,-10\]/],
    [() => t.rotate({ degrees: Number.NaN }), /rotate: degrees/],
    [() => t.rotate({ degrees: 10, p: 2 }), /rotate: p must be a number from 0 to 1, not 2/],
    [() => t.rotate({ degrees: 10, degree: 3 } as never), /rotate has no option degree; it has degrees, p/],
    [() => t.zoom({} as never), /zoom: scale must be a number from 0\.1 to 10, .*not undefined/],
    [() => t.tilt({ direction: 4, magnitude: 0.1 }), /tilt: direction must be a whole number from 0 to 3/],
    [() => t.pad({ padding: 1.5 }), /pad: padding must be a whole number/],
    [() => t.pad({ padding: 1, mode: 'mirror' as never }), /pad: mode must be one of zeros, border, reflection/],
    [() => t.symmetricWarp({ magnitude: [-0.5, 0.5] }), /symmetricWarp: magnitude .* from -0\.4 to 0\.4/],
    [
      () => getTransforms({ xtraTfms: [{ name: 'turn' } as never] }),
      /transforms\[7\] must be made by one of crop, .*"turn"/,
    ],
    [() => getTransforms({ xtraTfms: [undefined as never] }), /transforms\[7\] must be made by one of/],
    [() => getTransforms({ xtraTfms: [{ name: 'rotate', degrees: 'far', p: 1 } as never] }), /rotate: degrees .*"far"/],
  ];
  for (const [make, message] of cases) {
    assert.throws(make, (error) => error instanceof UserError && message.test(error.message), String(message));
  }
});
