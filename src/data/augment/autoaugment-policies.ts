import type { Operation } from './policy-operations.js';

/** One step of a sub-policy: an operation, its probability, and the number of its magnitude (0 to 9) where it has one. */
export type Step = readonly [operation: Operation, p: number, magnitude?: number];

/** The policies that AutoAugment found (Cubuk et al. 2018, tables 7 and 9): one of 25 pairs of steps is drawn for a picture. */
export const POLICIES = {
  cifar10: [
    [
      ['Invert', 0.1],
      ['Contrast', 0.2, 6],
    ],
    [
      ['Rotate', 0.7, 2],
      ['TranslateX', 0.3, 9],
    ],
    [
      ['Sharpness', 0.8, 1],
      ['Sharpness', 0.9, 3],
    ],
    [
      ['ShearY', 0.5, 8],
      ['TranslateY', 0.7, 9],
    ],
    [
      ['AutoContrast', 0.5],
      ['Equalize', 0.9],
    ],
    [
      ['ShearY', 0.2, 7],
      ['Posterize', 0.3, 7],
    ],
    [
      ['Color', 0.4, 3],
      ['Brightness', 0.6, 7],
    ],
    [
      ['Sharpness', 0.3, 9],
      ['Brightness', 0.7, 9],
    ],
    [
      ['Equalize', 0.6],
      ['Equalize', 0.5],
    ],
    [
      ['Contrast', 0.6, 7],
      ['Sharpness', 0.6, 5],
    ],
    [
      ['Color', 0.7, 7],
      ['TranslateX', 0.5, 8],
    ],
    [
      ['Equalize', 0.3],
      ['AutoContrast', 0.4],
    ],
    [
      ['TranslateY', 0.4, 3],
      ['Sharpness', 0.2, 6],
    ],
    [
      ['Brightness', 0.9, 6],
      ['Color', 0.2, 8],
    ],
    [
      ['Solarize', 0.5, 2],
      ['Invert', 0],
    ],
    [
      ['Equalize', 0.2],
      ['AutoContrast', 0.6],
    ],
    [
      ['Equalize', 0.2],
      ['Equalize', 0.6],
    ],
    [
      ['Color', 0.9, 9],
      ['Equalize', 0.6],
    ],
    [
      ['AutoContrast', 0.8],
      ['Solarize', 0.2, 8],
    ],
    [
      ['Brightness', 0.1, 3],
      ['Color', 0.7, 0],
    ],
    [
      ['Solarize', 0.4, 5],
      ['AutoContrast', 0.9],
    ],
    [
      ['TranslateY', 0.9, 9],
      ['TranslateY', 0.7, 9],
    ],
    [
      ['AutoContrast', 0.9],
      ['Solarize', 0.8, 3],
    ],
    [
      ['Equalize', 0.8],
      ['Invert', 0.1],
    ],
    [
      ['TranslateY', 0.7, 9],
      ['AutoContrast', 0.9],
    ],
  ],
  imagenet: [
    [
      ['Posterize', 0.4, 8],
      ['Rotate', 0.6, 9],
    ],
    [
      ['Solarize', 0.6, 5],
      ['AutoContrast', 0.6],
    ],
    [
      ['Equalize', 0.8],
      ['Equalize', 0.6],
    ],
    [
      ['Posterize', 0.6, 7],
      ['Posterize', 0.6, 6],
    ],
    [
      ['Equalize', 0.4],
      ['Solarize', 0.2, 4],
    ],
    [
      ['Equalize', 0.4],
      ['Rotate', 0.8, 8],
    ],
    [
      ['Solarize', 0.6, 3],
      ['Equalize', 0.6],
    ],
    [
      ['Posterize', 0.8, 5],
      ['Equalize', 1],
    ],
    [
      ['Rotate', 0.2, 3],
      ['Solarize', 0.6, 8],
    ],
    [
      ['Equalize', 0.6],
      ['Posterize', 0.4, 6],
    ],
    [
      ['Rotate', 0.8, 8],
      ['Color', 0.4, 0],
    ],
    [
      ['Rotate', 0.4, 9],
      ['Equalize', 0.6],
    ],
    [
      ['Equalize', 0],
      ['Equalize', 0.8],
    ],
    [
      ['Invert', 0.6],
      ['Equalize', 1],
    ],
    [
      ['Color', 0.6, 4],
      ['Contrast', 1, 8],
    ],
    [
      ['Rotate', 0.8, 8],
      ['Color', 1, 2],
    ],
    [
      ['Color', 0.8, 8],
      ['Solarize', 0.8, 7],
    ],
    [
      ['Sharpness', 0.4, 7],
      ['Invert', 0.6],
    ],
    [
      ['ShearX', 0.6, 5],
      ['Equalize', 1],
    ],
    [
      ['Color', 0.4, 0],
      ['Equalize', 0.6],
    ],
    [
      ['Equalize', 0.4],
      ['Solarize', 0.2, 4],
    ],
    [
      ['Solarize', 0.6, 5],
      ['AutoContrast', 0.6],
    ],
    [
      ['Invert', 0.6],
      ['Equalize', 1],
    ],
    [
      ['Color', 0.6, 4],
      ['Contrast', 1, 8],
    ],
    [
      ['Equalize', 0.8],
      ['Equalize', 0.6],
    ],
  ],
} as const satisfies { readonly [name: string]: readonly (readonly Step[])[] };
