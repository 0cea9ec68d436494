import * as colour from './draw-colour.js';
import * as geometric from './draw-geometric.js';
import * as policies from './draw-policies.js';
import type { Drawing } from './drawing.js';
import type { Transform, TransformName, TransformOf } from './transform.js';

/** What each transform does to what is drawn for a picture. */
const DRAW: { readonly [N in TransformName]: (d: Drawing, t: TransformOf<N>) => void } = {
  crop: geometric.crop,
  randResizeCrop: geometric.randResizeCrop,
  pad: geometric.pad,
  flipLr: geometric.flipLr,
  flipAffine: geometric.flipAffine,
  dihedral: geometric.dihedral,
  dihedralAffine: geometric.dihedralAffine,
  rotate: geometric.rotate,
  zoom: geometric.zoom,
  squish: geometric.squish,
  symmetricWarp: geometric.symmetricWarp,
  perspectiveWarp: geometric.perspectiveWarp,
  tilt: geometric.tilt,
  skew: geometric.skew,
  shear: geometric.shear,
  translate: geometric.translate,
  brightness: colour.brightness,
  contrast: colour.contrast,
  adjustBrightness: colour.adjustBrightness,
  adjustContrast: colour.adjustContrast,
  adjustSaturation: colour.adjustSaturation,
  adjustHue: colour.adjustHue,
  adjustSharpness: colour.adjustSharpness,
  gaussianBlur: colour.gaussianBlur,
  invert: colour.invert,
  posterize: colour.posterize,
  solarize: colour.solarize,
  autocontrast: colour.autocontrast,
  equalize: colour.equalize,
  rgbRandomize: colour.rgbRandomize,
  jitter: colour.jitter,
  cutout: colour.cutout,
  randomErasing: colour.randomErasing,
  randAugment: policies.randAugment,
  trivialAugment: policies.trivialAugment,
  autoAugment: policies.autoAugment,
  // Runs over the finished square, elsewhere: `runCustom`.
  custom: () => {},
};

/** Draws every transform of a list that happens to a picture; paddings first, as everything else counts them in. */
export function drawAll(d: Drawing, transforms: readonly Transform[]): void {
  for (const transform of transforms) if (transform.name === 'pad') drawOne(d, transform);
  for (const transform of transforms) if (transform.name !== 'pad') drawOne(d, transform);
}

function drawOne<N extends TransformName>(d: Drawing, transform: TransformOf<N> & { readonly name: N }): void {
  if (transform.p < 1 && d.rng.uniform() >= transform.p) return;
  DRAW[transform.name](d, transform);
}
