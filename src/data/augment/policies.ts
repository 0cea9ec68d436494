import { make, type OptionsOf, type TransformOf } from './transform.js';

/**
 * Policies of augmentation, which draw operations by themselves; with torchvision's magnitudes, and Pillow's rounding of colours. What moves the
 * square is composed with all else that does; beyond the edges of the picture the data bunch's `paddingMode` is seen (`zeros` is
 * what these were published with). Test-time passes leave them out.
 */

/**
 * RandAugment (Cubuk et al. 2019): `numOps` of 14 operations (2), each with magnitude number `magnitude` (9) of `magnitudeBins` (31),
 * 0 being none.
 */
export function randAugment(options: OptionsOf<'randAugment'> = {}): TransformOf<'randAugment'> {
  return make('randAugment', options);
}

/** TrivialAugment, wide (Müller & Hutter 2021): one of 14 operations, with any of `magnitudeBins` magnitudes (31). */
export function trivialAugment(options: OptionsOf<'trivialAugment'> = {}): TransformOf<'trivialAugment'> {
  return make('trivialAugment', options);
}

/** AutoAugment (Cubuk et al. 2018): one of 25 pairs of operations of a published `policy`, `imagenet` (default) or `cifar10`. */
export function autoAugment(options: OptionsOf<'autoAugment'> = {}): TransformOf<'autoAugment'> {
  return make('autoAugment', options);
}
