import { make, type OptionsOf, type TransformOf } from './transform.js';

/** Transforms that take parts of the square away. Test-time passes leave them out. */

/** Blackens `nHoles` squares (1) with sides of `length` pixels (40), around random pixels of the square. */
export function cutout(options: OptionsOf<'cutout'> = {}): TransformOf<'cutout'> {
  return make('cutout', options);
}

/**
 * Erases `count` boxes (1) which are `scale` of the square's area together ([0.02, 1/3]), `ratio` as high as wide ([0.3, 3.3], uniform in
 * its logarithm), with the mean colour of ImageNet (`mode` const), one random colour (rand), or noise (pixel). `p` is 0.25 by default
 * (Zhong et al. 2017, with timm's names).
 */
export function randomErasing(options: OptionsOf<'randomErasing'> = {}): TransformOf<'randomErasing'> {
  return make('randomErasing', options);
}
