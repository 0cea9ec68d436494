import { make, type OptionsOf, type TransformOf } from './transform.js';

/** Transforms that change colours, in the order of their list. */

/** `change` is the brightness that middle grey (0.5) becomes; the shift is made in logit space. */
export function brightness(options: OptionsOf<'brightness'>): TransformOf<'brightness'> {
  return make('brightness', options);
}

/** Multiplies in logit space by `scale`, which is uniform in its logarithm. */
export function contrast(options: OptionsOf<'contrast'>): TransformOf<'contrast'> {
  return make('contrast', options);
}
