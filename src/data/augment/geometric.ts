import { make, type OptionsOf, type TransformOf } from './transform.js';

/**
 * Transforms that move pixels. All that happen to a picture become one map, which is sampled once. Whatever the order of the
 * list, the square is cut last, out of the flipped picture, out of the warped and affinely moved one, as in fastai v1.
 */

const ANYWHERE = { rowPct: [0, 1], colPct: [0, 1] } as const;

/**
 * Cuts the square out of the picture, at (`rowPct`, `colPct`) of the room there is; [0.5, 0.5] by default, the middle. The last crop
 * in a list counts. `paddingMode` is, for this picture, what is seen beyond the edges; by default the data bunch's.
 */
export function crop(options: OptionsOf<'crop'> = {}): TransformOf<'crop'> {
  return make('crop', options);
}

/** The same as `crop`: pictures that are smaller than the square are padded always. */
export const cropPad = crop;

/** `crop` at a random place. */
export function randCrop(options: Pick<OptionsOf<'crop'>, 'paddingMode' | 'p'> = {}): TransformOf<'crop'> {
  return make('crop', { ...ANYWHERE, ...options });
}

/**
 * Cuts a random box and squeezes it into the square ("Inception crop"): its area is the picture's divided by a number from 1
 * to `maxScale` (2), its width to height is of `ratios` ([0.75, 1.33]) or the inverse. After eight boxes that do not fit the picture, the
 * largest middle square.
 */
export function randResizeCrop(options: OptionsOf<'randResizeCrop'> = {}): TransformOf<'randResizeCrop'> {
  return make('randResizeCrop', options);
}

/**
 * Adds `padding` pixels on each side before anything else happens. `mode` is what is seen there and beyond; by default the data
 * bunch's.
 */
export function pad(options: OptionsOf<'pad'>): TransformOf<'pad'> {
  return make('pad', options);
}

/** Pads and crops at random: pictures move by up to `padding` pixels. */
export function randPad(options: OptionsOf<'pad'>): [TransformOf<'pad'>, TransformOf<'crop'>] {
  return [pad(options), randCrop()];
}

/** Mirrors left and right, half of the pictures by default. */
export function flipLr(options: OptionsOf<'flipLr'> = {}): TransformOf<'flipLr'> {
  return make('flipLr', options);
}

/** Mirrors left and right among the affine transforms, in the order of the list; half of the pictures by default. */
export function flipAffine(options: OptionsOf<'flipAffine'> = {}): TransformOf<'flipAffine'> {
  return make('flipAffine', options);
}

/** One of the eight flips and quarter turns of the square, 0 to 7: bit 0 mirrors down, bit 1 across, bit 2 swaps rows and columns then. */
export function dihedral(options: OptionsOf<'dihedral'> = {}): TransformOf<'dihedral'> {
  return make('dihedral', options);
}

/** The same among the affine transforms: bit 0 mirrors x, bit 1 mirrors y, bit 2 swaps them. */
export function dihedralAffine(options: OptionsOf<'dihedralAffine'> = {}): TransformOf<'dihedralAffine'> {
  return make('dihedralAffine', options);
}

/** Turns by `degrees`, counterclockwise. */
export function rotate(options: OptionsOf<'rotate'>): TransformOf<'rotate'> {
  return make('rotate', options);
}

/** Enlarges by `scale`; what is seen lies at (`rowPct`, `colPct`) of the picture, by default in the middle. Below 1 it shrinks. */
export function zoom(options: OptionsOf<'zoom'>): TransformOf<'zoom'> {
  return make('zoom', options);
}

/** `zoom` to a random place. */
export function randZoom(options: Pick<OptionsOf<'zoom'>, 'scale' | 'p'>): TransformOf<'zoom'> {
  return make('zoom', { ...ANYWHERE, ...options });
}

/** Zooms by `scale` and crops, both in the middle, or with `doRand` at random places. */
export function zoomCrop(
  options: Pick<OptionsOf<'zoom'>, 'scale' | 'p'> & { readonly doRand?: boolean },
): [TransformOf<'zoom'>, TransformOf<'crop'>] {
  const { doRand = false, ...rest } = options;
  return doRand ? [randZoom(rest), randCrop()] : [zoom(rest), crop()];
}

/** Stretches: below 1 a part `scale` wide fills the width, above 1 a part 1 / `scale` high fills the height. */
export function squish(options: OptionsOf<'squish'>): TransformOf<'squish'> {
  return make('squish', options);
}

/** Looks at the picture from a side; four magnitudes, each drawn by itself, at most 0.4. `invert` swaps near and far. */
export function symmetricWarp(options: OptionsOf<'symmetricWarp'>): TransformOf<'symmetricWarp'> {
  return make('symmetricWarp', options);
}

/** Moves each corner by itself: eight magnitudes (x and y of each), at most 0.4, in units of half a side. */
export function perspectiveWarp(options: OptionsOf<'perspectiveWarp'>): TransformOf<'perspectiveWarp'> {
  return make('perspectiveWarp', options);
}

/** Tilts towards the right, left, bottom or top (`direction` 0 to 3): both corners there move apart by `magnitude`, of half a side. */
export function tilt(options: OptionsOf<'tilt'>): TransformOf<'tilt'> {
  return make('tilt', options);
}

/** Moves one corner along one side (`direction` 0 to 7) by `magnitude`, of half a side. */
export function skew(options: OptionsOf<'skew'>): TransformOf<'skew'> {
  return make('skew', options);
}

/** Shears the square about its top left corner: rows by `x`, columns by `y` times their distance from it. */
export function shear(options: OptionsOf<'shear'>): TransformOf<'shear'> {
  return make('shear', options);
}

/** Moves what the square shows to the right by `x` and down by `y`, in units of its side. */
export function translate(options: OptionsOf<'translate'>): TransformOf<'translate'> {
  return make('translate', options);
}
