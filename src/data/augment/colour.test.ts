import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rng } from '../../core/rng.js';
import { lightingTable, logit } from '../lighting.js';
import { getTransforms, ttaTransforms } from '../transforms.js';
import { drawView } from '../view.js';
import { POLICIES } from './autoaugment-policies.js';
import * as colour from './colour.js';
import { cutout, randomErasing } from './erasing.js';
import { flipLr } from './geometric.js';
import { autoAugment, randAugment, trivialAugment } from './policies.js';
import { drawn, type Pixels, pictureOf } from './testing/drawn.js';
import type { Transform } from './transform.js';

/** The colour of a picture of one colour after a transform. */
function coloured(rgb: readonly [number, number, number], ...transforms: Transform[]): number[] {
  const out = drawn(
    pictureOf(4, 4, (_x, _y, c) => rgb[c] ?? 0),
    transforms,
    4,
  );
  const colours = [0, 1, 2].map((c) => out.at(1, 1, c));
  for (const [c, value] of colours.entries()) assert.equal(out.at(3, 2, c), value);
  return colours;
}

const noise = pictureOf(32, 32);
/** Each pixel of another brightness than its neighbours. */
const distinct = pictureOf(16, 16, (x, y) => 16 * y + x);

function differing(a: Pixels, b: Pixels): number {
  return a.pixels.reduce((sum, value, i) => sum + (value === b.pixels[i] ? 0 : 1), 0);
}

test('hues turn around the circle; greys stay', () => {
  assert.deepEqual(coloured([200, 40, 40], colour.adjustHue({ turn: 1 / 3 })), [40, 200, 40]);
  assert.deepEqual(coloured([200, 40, 40], colour.adjustHue({ turn: -1 / 3 })), [40, 40, 200]);
  assert.deepEqual(coloured([200, 40, 40], colour.adjustHue({ turn: 0.5 })), [40, 200, 200]);
  assert.deepEqual(coloured([200, 120, 40], colour.adjustHue({ turn: 1 / 12 })), [200, 200, 40]);
  assert.deepEqual(coloured([7, 7, 7], colour.adjustHue({ turn: 0.2 })), [7, 7, 7]);
  const rng = new Rng(1);
  for (let i = 0; i < 50; i++) {
    const rgb = [rng.int(256), rng.int(256), rng.int(256)] as const;
    const seen = coloured(
      rgb,
      colour.adjustHue({ turn: 0 }),
      colour.adjustHue({ turn: 0.5 }),
      colour.adjustHue({ turn: -0.5 }),
    );
    for (const [c, value] of seen.entries()) assert.ok(Math.abs(value - (rgb[c] ?? 0)) <= 1, `${seen} of ${rgb}`);
  }
});

test('without colours all channels are the grey', () => {
  assert.deepEqual(coloured([255, 0, 0], colour.grayscale()), [76, 76, 76]);
  assert.deepEqual(coloured([0, 255, 0], colour.grayscale()), [150, 150, 150]);
});

test('changes of colours happen in the order of the list', () => {
  const { posterize, invert, equalize, brightness, contrast } = colour;
  assert.deepEqual(coloured([200, 100, 7], posterize({ bits: 1 }), invert()), [127, 255, 255]);
  assert.deepEqual(coloured([200, 100, 7], invert(), posterize({ bits: 1 })), [0, 128, 128]);
  // Equalizing one colour does nothing, but it is a pass between tables.
  assert.deepEqual(coloured([200, 100, 7], posterize({ bits: 1 }), equalize(), invert()), [127, 255, 255]);
  assert.deepEqual(coloured([200, 100, 7], equalize(), invert(), posterize({ bits: 1 })), [0, 128, 128]);
  const light = lightingTable(logit(0.6), 0.8);
  const lit = [brightness({ change: 0.6 }), contrast({ scale: 0.8 })];
  assert.deepEqual(
    coloured([200, 100, 7], ...lit, invert()),
    [200, 100, 7].map((v) => 255 - (light[v] ?? 0)),
  );
  assert.deepEqual(
    coloured([200, 100, 7], invert(), ...lit),
    [200, 100, 7].map((v) => light[255 - v]),
  );
  // Rounded once, though something stands between them that changes no colour.
  const [first, second] = lit as [Transform, Transform];
  assert.deepEqual(
    coloured([200, 100, 7], first, flipLr(), second),
    [200, 100, 7].map((v) => light[v]),
  );
});

test('tables alone are applied while sampling, and leave no passes', () => {
  const tables = [
    colour.invert(),
    colour.brightness({ change: 0.6 }),
    colour.posterize({ bits: 3 }),
    colour.solarize({ threshold: 9 }),
  ];
  assert.equal(drawView(new Rng(1), tables, noise, 32).passes.length, 0);
  assert.equal(drawView(new Rng(1), [...tables, colour.equalize(), ...tables], noise, 32).passes.length, 2);
});

test('a blurred point is a Gaussian, and what is flat stays', () => {
  const point = pictureOf(15, 15, (x, y) => (x === 7 && y === 7 ? 255 : 0));
  const sigma = 0.8;
  const seen = drawn(point, [colour.gaussianBlur({ sigma })], 15);
  const total = Array.from({ length: 7 }, (_, i) => Math.exp(-((i - 3) ** 2) / (2 * sigma ** 2))).reduce(
    (a, b) => a + b,
  );
  for (let y = 0; y < 15; y++) {
    for (let x = 0; x < 15; x++) {
      const d = (x - 7) ** 2 + (y - 7) ** 2;
      const expected = (255 * Math.exp(-d / (2 * sigma ** 2))) / total ** 2;
      assert.ok(Math.abs(seen.at(x, y, 1) - expected) <= 1, `(${x}, ${y}): ${seen.at(x, y, 1)}, not ${expected}`);
    }
  }
  assert.deepEqual(coloured([3, 130, 255], colour.gaussianBlur({ sigma: 2 })), [3, 130, 255]);
});

test('jitter takes pixels from close by', () => {
  const reach = 2;
  const seen = drawn(distinct, [colour.jitter({ magnitude: (2 * reach) / 16 })], 16);
  const offsets = new Set<string>();
  for (let y = 0; y < 16; y++) {
    for (let x = 0; x < 16; x++) {
      const from = seen.at(x, y, 0);
      const [dx, dy] = [(from % 16) - x, (from >> 4) - y];
      assert.ok(Math.abs(dx) <= reach && Math.abs(dy) <= reach);
      assert.equal(seen.at(x, y, 2), from, 'channels stay together');
      offsets.add(`${dx} ${dy}`);
    }
  }
  assert.ok(offsets.size > 15);
  assert.deepEqual(
    drawn(distinct, [colour.jitter({ magnitude: 0 })], 16).pixels.slice(0, 256),
    seen.pixels.map((_, i) => i).slice(0, 256),
  );
});

test('one channel becomes dark noise', () => {
  const plain = drawn(noise, [], 32);
  const channels = new Set<number>();
  for (let i = 0; i < 30; i++) {
    const seen = drawn(noise, [colour.rgbRandomize({ thresh: 0.3 })], 32, {}, new Rng(i));
    const changed = [0, 1, 2].filter((c) =>
      seen.pixels.subarray(1024 * c, 1024 * (c + 1)).some((v, k) => v !== plain.pixels[1024 * c + k]),
    );
    assert.equal(changed.length, 1);
    const channel = changed[0] ?? 0;
    channels.add(channel);
    assert.ok(Math.max(...seen.pixels.subarray(1024 * channel, 1024 * (channel + 1))) <= 0.3 * 256);
  }
  assert.equal(channels.size, 3);
  assert.equal(differing(drawn(noise, [colour.rgbRandomize({ channel: 1, thresh: 0 })], 32), plain) > 900, true);
});

test('a colour jitter keeps to its bounds', () => {
  const jitter = colour.colorJitter({ brightness: 0.4, hue: 0.1, p: 0.8 });
  assert.deepEqual(jitter, [
    colour.adjustBrightness({ factor: [0.6, 1.4], p: 0.8 }),
    colour.adjustHue({ turn: [-0.1, 0.1], p: 0.8 }),
  ]);
  assert.deepEqual(
    colour.colorJitter({ contrast: 2, saturation: 1 }).map((t) => 'factor' in t && t.factor),
    [
      [0, 3],
      [0, 2],
    ],
  );
  assert.throws(() => colour.colorJitter({ hue: 0.6 }), /adjustHue: turn must be a number from -0.5 to 0.5/);
});

/** The box of pixels that differ: left, top, right, bottom, and how many differ. */
function changedBox(a: Pixels, b: Pixels): [number, number, number, number, number] {
  let [left, top, right, bottom, count] = [99, 99, -1, -1, 0];
  for (let y = 0; y < a.height; y++) {
    for (let x = 0; x < a.width; x++) {
      if (![0, 1, 2].some((c) => a.at(x, y, c) !== b.at(x, y, c))) continue;
      [left, top, right, bottom, count] = [
        Math.min(left, x),
        Math.min(top, y),
        Math.max(right, x),
        Math.max(bottom, y),
        count + 1,
      ];
    }
  }
  return [left, top, right, bottom, count];
}

test('a cutout is a black square around a pixel, cut off at the edges', () => {
  const white = pictureOf(32, 32, () => 255);
  let whole = 0;
  for (let i = 0; i < 100; i++) {
    const seen = drawn(white, [cutout({ length: 8 })], 32, {}, new Rng(i));
    const [left, top, right, bottom, count] = changedBox(seen, white);
    assert.equal(count, (right - left + 1) * (bottom - top + 1));
    assert.equal(seen.pixels.filter((v) => v === 0).length, 3 * count);
    assert.ok(count >= 16 && count <= 64);
    if (count === 64) whole++;
  }
  // (25 / 32)² of them.
  assert.ok(whole > 45 && whole < 75, `${whole} are whole`);
  const many = drawn(white, [cutout({ nHoles: 3, length: 2 })], 32);
  assert.ok(many.pixels.filter((v) => v === 0).length > 3 * 4);
});

test('random erasing erases boxes of the areas, ratios and kinds asked for', () => {
  const grey = pictureOf(64, 64, () => 1);
  let high = 0;
  for (let i = 0; i < 200; i++) {
    const seen = drawn(grey, [randomErasing({ scale: [0.1, 0.3], p: 1 })], 64, {}, new Rng(2, i));
    const [left, top, right, bottom, count] = changedBox(seen, grey);
    const [width, height] = [right - left + 1, bottom - top + 1];
    assert.equal(count, width * height);
    assert.ok(count > 0.09 * 4096 && count < 0.32 * 4096, `${count} of 4096`);
    assert.ok(height / width > 0.28 && height / width < 3.5);
    if (height > width) high++;
    assert.deepEqual(
      [0, 1, 2].map((c) => seen.at(left, bottom, c)),
      [124, 116, 104],
    );
  }
  assert.ok(high > 70 && high < 130, `${high} of 200 are high`);
  const colours = (mode: 'rand' | 'pixel', count = 1): number[] => {
    const seen = drawn(grey, [randomErasing({ scale: 0.3, mode, count, p: 1 })], 64, {}, new Rng(3));
    return [...new Set(seen.pixels.subarray(0, 4096).filter((v) => v !== 1))];
  };
  assert.equal(colours('rand').length, 1);
  assert.ok(colours('rand', 4).length > 1);
  const noisy = drawn(grey, [randomErasing({ scale: 0.9, ratio: 1, mode: 'pixel', p: 1 })], 64);
  const red = noisy.pixels.subarray(0, 4096).filter((v) => v !== 1);
  const mean = red.reduce((sum, v) => sum + v, 0) / red.length;
  const deviation = Math.sqrt(red.reduce((sum, v) => sum + (v - mean) ** 2, 0) / red.length);
  assert.ok(Math.abs(mean - 123.7) < 5 && Math.abs(deviation - 58.4) < 4, `${mean} ± ${deviation}`);
});

test('every policy draws all of its operations, as often as it should', () => {
  const dice = new Rng(8);
  const base = pictureOf(48, 48, (x, y) => 20 + 2 * x + y + dice.int(60));
  const plain = drawn(base, [], 48);
  /** How many different pictures come out, and how many are as they were. */
  const kinds = (policy: Transform, draws: number): { different: number; same: number } => {
    const seen = new Map<string, number>();
    for (let i = 0; i < draws; i++) {
      const { pixels } = drawn(base, [policy], 48, { paddingMode: 'zeros' }, new Rng(6, i));
      const key = Buffer.from(pixels).toString('latin1');
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
    return { different: seen.size, same: seen.get(Buffer.from(plain.pixels).toString('latin1')) ?? 0 };
  };
  // 9 signed operations, and 5 without a sign, one of which does nothing.
  const one = kinds(randAugment({ numOps: 1, magnitude: 20 }), 600);
  assert.equal(one.different, 23);
  assert.ok(Math.abs(one.same / 600 - 1 / 14) < 0.03, `${one.same} of 600 stay`);
  const wide = kinds(trivialAugment(), 600);
  assert.ok(wide.different > 250, `${wide.different} different`);
  const auto = kinds(autoAugment({ policy: 'cifar10' }), 300);
  assert.ok(auto.different > 40, `${auto.different} different`);
  assert.deepEqual([POLICIES.cifar10.length, POLICIES.imagenet.length], [25, 25]);
});

test('options of colours, erasing and policies that are no good are told', () => {
  assert.throws(() => colour.posterize({ bits: 0 }), /posterize: bits must be a whole number from 1 to 8/);
  assert.throws(() => colour.gaussianBlur({ sigma: 0 }), /gaussianBlur: sigma/);
  assert.throws(() => cutout({ nHoles: 0 }), /cutout: nHoles/);
  assert.throws(
    () => randomErasing({ mode: 'noise' as never }),
    /randomErasing: mode must be one of const, rand, pixel, not "noise"/,
  );
  assert.throws(() => randomErasing({ ratio: 0 }), /randomErasing: ratio/);
  assert.throws(() => randAugment({ magnitude: 31 }), /randAugment: magnitude must be below magnitudeBins, not 31/);
  assert.throws(() => autoAugment({ policy: 'svhn' as never }), /autoAugment: policy must be one of imagenet, cifar10/);
});

test('test-time passes leave out what hides parts, and policies; other changes stay', () => {
  const { train } = getTransforms({
    xtraTfms: [
      colour.equalize(),
      cutout(),
      randomErasing(),
      colour.rgbRandomize(),
      randAugment(),
      trivialAugment(),
      autoAugment(),
    ],
  });
  const names = ttaTransforms(train, 0, 1.35).map(({ name }) => name);
  assert.deepEqual(names, ['symmetricWarp', 'rotate', 'brightness', 'contrast', 'equalize', 'zoom', 'crop']);
});
