import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Rng } from '../../core/rng.js';
import { Sampler } from '../sampler.js';
import * as colour from './colour.js';
import { Drawing } from './drawing.js';
import { magnitudeOf, NARROW, OPERATIONS, type Operation, WIDE } from './policy-operations.js';
import { drawn, pictureOf } from './testing/drawn.js';
import type { Transform } from './transform.js';

/** What torchvision and Pillow make of the same pictures: `testdata/augment/make_reference.py`. */
interface Reference {
  readonly size: number;
  readonly picture: string;
  readonly colours: Readonly<Record<string, string>>;
  readonly magnitudes: Readonly<Record<string, Readonly<Record<string, readonly [values: number[], signed: boolean]>>>>;
  readonly gradient: number;
  readonly moves: readonly { readonly operation: Operation; readonly magnitude: number; readonly values: number[] }[];
}

const file = new URL('../../../testdata/augment/reference.json', import.meta.url);
const reference: Reference = JSON.parse(readFileSync(file, 'utf8'));

function transformOf(name: string): Transform {
  const [kind = '', number = ''] = name.split(' ');
  const value = Number(number);
  switch (kind) {
    case 'adjustBrightness':
      return colour.adjustBrightness({ factor: value });
    case 'adjustContrast':
      return colour.adjustContrast({ factor: value });
    case 'adjustSaturation':
      return colour.adjustSaturation({ factor: value });
    case 'adjustSharpness':
      return colour.adjustSharpness({ factor: value });
    case 'posterize':
      return colour.posterize({ bits: value });
    case 'solarize':
      return colour.solarize({ threshold: value });
    case 'autocontrast':
      return colour.autocontrast();
    case 'equalize':
      return colour.equalize();
    case 'invert':
      return colour.invert();
    default:
      throw new Error(`there is no ${kind}`);
  }
}

test('colours change as Pillow changes them, byte by byte', () => {
  const { size, picture, colours } = reference;
  const bytes = Buffer.from(picture, 'base64');
  const base = pictureOf(size, size, (x, y, c) => bytes[(y * size + x) * 3 + c] ?? Number.NaN);
  const names = Object.keys(colours);
  assert.ok(names.length > 15);
  for (const name of names) {
    const expected = new Uint8Array(Buffer.from(colours[name] ?? '', 'base64'));
    assert.deepEqual(drawn(base, [transformOf(name)], size).pixels, expected, name);
  }
});

test("magnitudes are numbered as torchvision's are", () => {
  for (const [name, operations] of Object.entries(reference.magnitudes)) {
    const [policy, bins] = name.split(' ');
    const space = policy === 'TrivialAugment' ? WIDE : NARROW;
    for (const [operation, [values, signed]] of Object.entries(operations)) {
      values.forEach((value, bin) => {
        const ours = magnitudeOf(operation as Operation, space, 64, bin, Number(bins));
        assert.ok(Math.abs(ours.value - value) < 1e-4, `${name} ${operation} ${bin}: ${ours.value}, not ${value}`);
        assert.equal(ours.signed, signed, operation);
      });
    }
  }
});

test('operations move pixels where torchvision moves them', () => {
  const size = reference.gradient;
  const base = pictureOf(size, size, (x, y, c) => [7 * x, 7 * y, 0][c] ?? 0);
  const sampler = new Sampler();
  for (const { operation, magnitude, values } of reference.moves) {
    const drawing = new Drawing(new Rng(0), base, size, 'zeros');
    OPERATIONS[operation](drawing, magnitude);
    const out = new Uint8Array(3 * size * size);
    sampler.base(base).set(base.pixels);
    sampler.render(drawing.view(), out, 0, size);
    let compared = 0;
    const last = 7 * (size - 1);
    values.forEach((value, i) => {
      const [at, c] = [i >> 1, i & 1];
      const other = values[i ^ 1] ?? 0;
      // Half a pixel from the edges they differ: Pillow repeats the edge there, we blend it with what is beyond.
      if (Math.min(value, other) < 7 || Math.max(value, other) > last - 7) return;
      const across = Math.ceil(size / 4);
      const [x, y] = [4 * (at % across), 4 * Math.floor(at / across)];
      const actual = out[(c * size + y) * size + x] ?? Number.NaN;
      // A level for each one's rounding.
      assert.ok(Math.abs(actual - value) <= 2, `${operation} ${magnitude} (${x}, ${y}): ${actual}, not ${value}`);
      compared++;
    });
    assert.ok(compared > 30, `${operation}: ${compared} compared`);
  }
});
