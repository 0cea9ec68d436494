import { translation } from '../homography.js';
import type { Drawing } from './drawing.js';
import { rotation } from './maps.js';
import { adjustSaturation } from './passes/colours.js';
import { adjustSharpness } from './passes/neighbours.js';
import * as tables from './passes/tables.js';

/** The operations of AutoAugment (Cubuk et al. 2018) and what followed it, as torchvision 0.29 has them. */

/** What an operation does to the square with a magnitude; operations without magnitudes get 0. */
export const OPERATIONS = {
  Identity: () => {},
  ShearX: (d, m) => d.onSquare([1, m, m / 2, 0, 1, 0, 0, 0, 1]),
  ShearY: (d, m) => d.onSquare([1, 0, 0, m, 1, m / 2, 0, 0, 1]),
  TranslateX: (d, m) => d.onSquare(translation(-Math.trunc(m), 0)),
  TranslateY: (d, m) => d.onSquare(translation(0, -Math.trunc(m))),
  Rotate: (d, m) => d.onSquareUnits(rotation(m)),
  Brightness: (d, m) => d.colours.replace(tables.brightnessTable(1 + m)),
  Color: (d, m) => d.colours.pass(adjustSaturation(1 + m)),
  Contrast: (d, m) => d.colours.pass(tables.adjustContrast(1 + m)),
  Sharpness: (d, m) => d.colours.pass(adjustSharpness(1 + m)),
  Posterize: (d, m) => d.colours.replace(tables.posterizeTable(m)),
  Solarize: (d, m) => d.colours.replace(tables.solarizeTable(m)),
  AutoContrast: (d) => d.colours.pass(tables.autocontrast),
  Equalize: (d) => d.colours.pass(tables.equalize),
  Invert: (d) => d.colours.replace(tables.invertTable),
} as const satisfies { readonly [name: string]: (d: Drawing, magnitude: number) => void };

export type Operation = keyof typeof OPERATIONS;

/** How magnitudes of operations are numbered: from none, 0, to the most. */
export interface Space {
  /** Largest shear: columns a row. */
  readonly shear: number;
  /** Largest translation in pixels, of a square with so many a side. */
  readonly translate: (size: number) => number;
  /** Largest rotation in degrees. */
  readonly rotate: number;
  /** Largest change of brightness, colour, contrast and sharpness. */
  readonly enhance: number;
  /** Most bits that are dropped. */
  readonly posterize: number;
}

/** AutoAugment's and RandAugment's. */
export const NARROW: Space = {
  shear: 0.3,
  translate: (size) => (150 / 331) * size,
  rotate: 30,
  enhance: 0.9,
  posterize: 4,
};

/** TrivialAugment's wide one. */
export const WIDE: Space = { shear: 0.99, translate: () => 32, rotate: 135, enhance: 0.99, posterize: 6 };

/** Operations that RandAugment and TrivialAugment draw from. */
export const DRAWN: readonly Operation[] = [
  'Identity',
  'ShearX',
  'ShearY',
  'TranslateX',
  'TranslateY',
  'Rotate',
  'Brightness',
  'Color',
  'Contrast',
  'Sharpness',
  'Posterize',
  'Solarize',
  'AutoContrast',
  'Equalize',
];

export interface Magnitude {
  readonly value: number;
  /** Whether it may as well be negative. */
  readonly signed: boolean;
}

/** Magnitude number `bin` of `bins`. */
export function magnitudeOf(operation: Operation, space: Space, size: number, bin: number, bins: number): Magnitude {
  const part = bin / (bins - 1);
  switch (operation) {
    case 'ShearX':
    case 'ShearY':
      return { value: space.shear * part, signed: true };
    case 'TranslateX':
    case 'TranslateY':
      return { value: space.translate(size) * part, signed: true };
    case 'Rotate':
      return { value: space.rotate * part, signed: true };
    case 'Brightness':
    case 'Color':
    case 'Contrast':
    case 'Sharpness':
      return { value: space.enhance * part, signed: true };
    case 'Posterize':
      return { value: 8 - roundEven(space.posterize * part), signed: false };
    case 'Solarize':
      return { value: 255 * (1 - part), signed: false };
    case 'Identity':
    case 'AutoContrast':
    case 'Equalize':
    case 'Invert':
      return { value: 0, signed: false };
  }
}

/** To the nearest whole number, halves to the even one, as torch rounds. */
function roundEven(value: number): number {
  const down = Math.floor(value);
  return value - down === 0.5 ? down + (down % 2) : Math.round(value);
}
