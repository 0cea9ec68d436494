import { make, type OptionsOf, type Transform, type TransformOf } from './transform.js';

/** Transforms that change colours, in the order of their list. */

/** `change` is the brightness that middle grey (0.5) becomes; the shift is made in logit space. */
export function brightness(options: OptionsOf<'brightness'>): TransformOf<'brightness'> {
  return make('brightness', options);
}

/** Multiplies in logit space by `scale`, which is uniform in its logarithm. */
export function contrast(options: OptionsOf<'contrast'>): TransformOf<'contrast'> {
  return make('contrast', options);
}

/** Multiplies by `factor`: 0 is black, 1 changes nothing (torchvision's `adjust_brightness`). */
export function adjustBrightness(options: OptionsOf<'adjustBrightness'>): TransformOf<'adjustBrightness'> {
  return make('adjustBrightness', options);
}

/** Away from the picture's mean grey by `factor`: 0 is that grey, 1 changes nothing (torchvision's `adjust_contrast`). */
export function adjustContrast(options: OptionsOf<'adjustContrast'>): TransformOf<'adjustContrast'> {
  return make('adjustContrast', options);
}

/** Away from grey by `factor`: 0 is grey, 1 changes nothing (torchvision's `adjust_saturation`). */
export function adjustSaturation(options: OptionsOf<'adjustSaturation'>): TransformOf<'adjustSaturation'> {
  return make('adjustSaturation', options);
}

/** No colours. */
export function grayscale(options: { readonly p?: number } = {}): TransformOf<'adjustSaturation'> {
  return make('adjustSaturation', { ...options, factor: 0 });
}

/** Turns hues by `turn` of the circle, -0.5 to 0.5. */
export function adjustHue(options: OptionsOf<'adjustHue'>): TransformOf<'adjustHue'> {
  return make('adjustHue', options);
}

/** Away from a smoothed picture by `factor`: 0 is smoothed, 1 changes nothing (torchvision's `adjust_sharpness`). */
export function adjustSharpness(options: OptionsOf<'adjustSharpness'>): TransformOf<'adjustSharpness'> {
  return make('adjustSharpness', options);
}

/**
 * Brightness, contrast and saturation times 1 ± so much, and hue ± so much of the circle, each drawn by itself; what is left out
 * stays (torchvision's `ColorJitter`, in this order).
 */
export function colorJitter(options: {
  readonly brightness?: number;
  readonly contrast?: number;
  readonly saturation?: number;
  readonly hue?: number;
  readonly p?: number;
}): Transform[] {
  const { brightness = 0, contrast = 0, saturation = 0, hue = 0, p = 1 } = options;
  const around = (by: number) => ({ factor: [Math.max(0, 1 - by), 1 + by] as const, p });
  return [
    ...(brightness === 0 ? [] : [adjustBrightness(around(brightness))]),
    ...(contrast === 0 ? [] : [adjustContrast(around(contrast))]),
    ...(saturation === 0 ? [] : [adjustSaturation(around(saturation))]),
    ...(hue === 0 ? [] : [adjustHue({ turn: [-hue, hue], p })]),
  ];
}

/** Blurs by a Gaussian with a deviation of `sigma` pixels. */
export function gaussianBlur(options: OptionsOf<'gaussianBlur'>): TransformOf<'gaussianBlur'> {
  return make('gaussianBlur', options);
}

/** The negative. */
export function invert(options: OptionsOf<'invert'> = {}): TransformOf<'invert'> {
  return make('invert', options);
}

/** Keeps the `bits` highest bits of each channel, 1 to 8. */
export function posterize(options: OptionsOf<'posterize'>): TransformOf<'posterize'> {
  return make('posterize', options);
}

/** Inverts what is as bright as `threshold`, 0 to 256, or brighter, in each channel. */
export function solarize(options: OptionsOf<'solarize'>): TransformOf<'solarize'> {
  return make('solarize', options);
}

/** Stretches each channel over the whole range. */
export function autocontrast(options: OptionsOf<'autocontrast'> = {}): TransformOf<'autocontrast'> {
  return make('autocontrast', options);
}

/** Makes all brightnesses of each channel about equally frequent. */
export function equalize(options: OptionsOf<'equalize'> = {}): TransformOf<'equalize'> {
  return make('equalize', options);
}

/** Replaces one `channel` (0 to 2, any by default) by noise no brighter than a number that is drawn up to `thresh` (0.3). */
export function rgbRandomize(options: OptionsOf<'rgbRandomize'> = {}): TransformOf<'rgbRandomize'> {
  return make('rgbRandomize', options);
}

/** Takes each pixel from a random neighbour, up to `magnitude` away, in units of half the square's side. */
export function jitter(options: OptionsOf<'jitter'>): TransformOf<'jitter'> {
  return make('jitter', options);
}
