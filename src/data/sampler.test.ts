import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rng } from '../core/rng.js';
import { rotation } from './augment/maps.js';
import { PADDING_MODES, type PaddingMode, shownExtent } from './framing.js';
import { apply, compose, type Homography, translation } from './homography.js';
import { lightingTable, logit, unchanged } from './lighting.js';
import { Sampler } from './sampler.js';
import { getTransforms } from './transforms.js';
import { drawView } from './view.js';

/** Interleaved RGB, [height, width, 3]. */
interface Picture {
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
}

function randomPicture(width: number, height: number): Picture {
  const rng = new Rng(7, width, height);
  return { pixels: Uint8Array.from({ length: width * height * 3 }, () => rng.int(256)), width, height };
}

const sampler = new Sampler();

/** Bytes before and behind the square that must not be touched. */
const AROUND = 5;

function render(
  base: Picture,
  map: Homography,
  size: number,
  table = unchanged,
  padding: PaddingMode = 'reflection',
): Uint8Array {
  const out = new Uint8Array(2 * AROUND + 3 * size * size).fill(99);
  sampler.base(base).set(base.pixels);
  sampler.render({ shown: shownExtent(base, size, 'crop'), map, table, padding, passes: [] }, out, AROUND, size);
  for (let i = 0; i < AROUND; i++) assert.deepEqual([out[i], out.at(-1 - i)], [99, 99]);
  return out.slice(AROUND, -AROUND);
}

/** The place in [0, length) that one beyond the edges mirrors to: …2 1 [0 1 2 … n-1] n-2…, one step after the other. */
function reflect(position: number, length: number): number {
  if (length === 1) return 0;
  if (position < 0) return reflect(-position, length);
  return position < length ? position : reflect(2 * (length - 1) - position, length);
}

function pixel(base: Picture, x: number, y: number, c: number, padding: PaddingMode = 'reflection'): number {
  const { pixels, width, height } = base;
  const [bx, by] = [Math.min(Math.max(x, 0), width - 1), Math.min(Math.max(y, 0), height - 1)];
  if (padding === 'zeros' && (bx !== x || by !== y)) return 0;
  const [sx, sy] = padding === 'border' ? [bx, by] : [reflect(x, width), reflect(y, height)];
  return pixels[(sy * width + sx) * 3 + c] ?? Number.NaN;
}

/** The textbook formula, in floating point. */
function bilinear(base: Picture, x: number, y: number, c: number, padding?: PaddingMode): number {
  const [ix, iy] = [Math.floor(x), Math.floor(y)];
  const [fx, fy] = [x - ix, y - iy];
  const above = (1 - fx) * pixel(base, ix, iy, c, padding) + fx * pixel(base, ix + 1, iy, c, padding);
  const below = (1 - fx) * pixel(base, ix, iy + 1, c, padding) + fx * pixel(base, ix + 1, iy + 1, c, padding);
  return (1 - fy) * above + fy * below;
}

test('a view that moves by whole pixels copies them, as planes', () => {
  const base = randomPicture(9, 7);
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
  for (let i = 0; i < 20; i++)
    maps.push(drawView(new Rng(i), getTransforms().train, { width: 20, height: 15 }, 15).map);
  const base = randomPicture(20, 15);
  for (const padding of PADDING_MODES) {
    for (const map of maps) {
      const out = render(base, map, 15, unchanged, padding);
      for (let c = 0; c < 3; c++) {
        for (let y = 0; y < 15; y++) {
          for (let x = 0; x < 15; x++) {
            const [sx, sy] = apply(map, [x, y]);
            const expected = bilinear(base, sx, sy, c, padding);
            const actual = out[c * 225 + y * 15 + x] ?? Number.NaN;
            // Half a level of rounding, and 1/4096 of a pixel each way at the steepest slope.
            const error = Math.abs(actual - expected);
            assert.ok(error < 0.5 + 255 / 2048 + 1e-6, `${padding} (${x}, ${y}): ${actual}, not ${expected}`);
          }
        }
      }
    }
  }
});

test('the edges of a picture mirror it as often as it takes, down to a single pixel', () => {
  for (const [width, height] of [
    [4, 4],
    [9, 4],
    [4, 1],
  ] as const) {
    const base = randomPicture(width, height);
    const size = Math.min(width, height);
    const far = translation(-37, 23);
    const out = render(base, far, size);
    for (let c = 0; c < 3; c++) {
      for (let y = 0; y < size; y++) {
        for (let x = 0; x < size; x++) {
          assert.equal(out[c * size * size + y * size + x], pixel(base, x - 37, y + 23, c));
        }
      }
    }
  }
});

test('in a large picture positions are as exact as promised', () => {
  const width = 4096;
  // Each column is 0 or 255: a shift of a whole column would be seen everywhere, one of 1/1000 as a quarter of a level.
  const base = {
    width,
    height: 2,
    pixels: Uint8Array.from({ length: width * 6 }, (_, i) => (Math.floor(i / 3) % 2) * 255),
  };
  const size = 2;
  for (const at of [4000.25, 2047.75, 4094.5]) {
    const out = render(base, [1, 0, at, 0, 1, 0, 0, 0, 1], size);
    for (let x = 0; x < size; x++) {
      const error = Math.abs((out[x] ?? 0) - bilinear(base, at + x, 0, 0));
      assert.ok(error <= 0.5 + 0.255, `${at} + ${x}: off by ${error} levels`);
    }
  }
});

test('a horizon inside the picture does no harm', () => {
  for (const padding of PADDING_MODES) {
    const out = render(randomPicture(6, 6), [1, 0, 0, 0, 1, 0, -0.4, 0, 1], 6, unchanged, padding);
    assert.equal(out.length, 108);
  }
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
    { width: 4, height: 4 },
    4,
  );
  assert.deepEqual(table, lightingTable(logit(0.6), 0.8));
});

/** A whole picture as it is shown where the short side is `size`, interleaved; squares of it are put together. */
function enlarged(base: Picture, size: number): { pixels: Uint8Array; width: number; height: number } {
  const { width, height } = shownExtent(base, size, 'crop');
  const pixels = new Uint8Array(width * height * 3);
  for (let top = 0; top < height; top += size) {
    for (let left = 0; left < width; left += size) {
      const square = render(base, translation(left, top), size);
      for (let c = 0; c < 3; c++) {
        for (let y = 0; y < Math.min(size, height - top); y++) {
          for (let x = 0; x < Math.min(size, width - left); x++) {
            pixels[((top + y) * width + left + x) * 3 + c] = square[(c * size + y) * size + x] ?? 0;
          }
        }
      }
    }
  }
  return { pixels, width, height };
}

test('the short side gets the size asked for, in proportion; larger pictures stay', () => {
  assert.deepEqual(shownExtent({ width: 10, height: 15 }, 32, 'crop'), { width: 32, height: 48 });
  assert.deepEqual(shownExtent({ width: 33, height: 20 }, 20, 'crop'), { width: 33, height: 20 });
  assert.deepEqual(shownExtent({ width: 10, height: 15 }, 30, 'pad'), { width: 20, height: 30 });
  assert.deepEqual(shownExtent({ width: 10, height: 15 }, 32, 'squish'), { width: 32, height: 32 });
});

test('enlarging keeps flat pictures and ramps', () => {
  const flat = enlarged({ pixels: new Uint8Array(2 * 3 * 3).fill(77), width: 2, height: 3 }, 8);
  assert.deepEqual(flat, { pixels: new Uint8Array(8 * 12 * 3).fill(77), width: 8, height: 12 });
  const ramp = Uint8Array.from({ length: 8 * 3 }, (_, i) => 40 + 20 * Math.floor(i / 3));
  const wide = enlarged({ pixels: ramp, width: 8, height: 1 }, 2);
  assert.deepEqual([wide.width, wide.height], [16, 2]);
  // Away from the edges a cubic reproduces a line: pixel x lies at (x + 0.5) / 2 - 0.5.
  for (let x = 4; x < 12; x++) assert.equal(wide.pixels[3 * x], 40 + 20 * ((x + 0.5) / 2 - 0.5));
});

test("enlarging is Keys' cubic, edges repeated, at any ratio", () => {
  const keys = (d: number): number => {
    const t = Math.abs(d);
    if (t < 1) return (1.5 * t - 2.5) * t * t + 1;
    return t < 2 ? ((-0.5 * t + 2.5) * t - 4) * t + 2 : 0;
  };
  for (const [width, height, size] of [
    [32, 32, 128],
    [7, 5, 11],
    [13, 30, 17],
    [1, 3, 9],
  ] as const) {
    const base = randomPicture(width, height);
    const shown = enlarged(base, size);
    for (let y = 0; y < shown.height; y++) {
      for (let x = 0; x < shown.width; x++) {
        const [sx, sy] = [((x + 0.5) * width) / shown.width - 0.5, ((y + 0.5) * height) / shown.height - 0.5];
        let expected = 0;
        for (let j = Math.floor(sy) - 1; j <= Math.floor(sy) + 2; j++) {
          for (let i = Math.floor(sx) - 1; i <= Math.floor(sx) + 2; i++) {
            const at = (Math.min(Math.max(j, 0), height - 1) * width + Math.min(Math.max(i, 0), width - 1)) * 3;
            expected += keys(sx - i) * keys(sy - j) * (base.pixels[at] ?? 0);
          }
        }
        const actual = shown.pixels[(y * shown.width + x) * 3] ?? Number.NaN;
        const held = Math.min(Math.max(expected, 0), 255);
        assert.ok(Math.abs(actual - held) < 0.501, `(${x}, ${y}): ${actual}, not ${held}`);
      }
    }
  }
});

test('a checksum shows every changed byte, and nothing else', () => {
  const base = randomPicture(5, 3);
  const sum = (pixels: Uint8Array): number => {
    sampler.base(base).set(pixels);
    return sampler.checksum();
  };
  const whole = sum(base.pixels);
  sampler.base(randomPicture(40, 40)).fill(255);
  assert.equal(sum(base.pixels), whole);
  base.pixels.forEach((value, i) => {
    assert.notEqual(sum(base.pixels.with(i, value ^ 1)), whole, `byte ${i}`);
  });
});
