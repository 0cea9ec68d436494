import { checkNumber } from './check.js';

/** A number drawn uniformly from [low, high]; equal ends mean a fixed value. */
export type Range = readonly [low: number, high: number];

/**
 * One random alteration, as data. `p` is the probability that it happens to a picture.
 *
 * Positions (`rowPct`, `colPct`) go from 0, the top or left edge, to 1, the bottom or right edge.
 */
export type Transform =
  /** Cuts the square out of the picture, whose short side is the square's. */
  | { readonly name: 'crop'; readonly rowPct: Range; readonly colPct: Range; readonly p: number }
  /** Mirrors left and right. */
  | { readonly name: 'flipLr'; readonly p: number }
  /** One of the eight flips and quarter turns of a square. */
  | { readonly name: 'dihedral'; readonly p: number }
  /** A change of perspective; each of its four magnitudes is drawn by itself. */
  | { readonly name: 'symmetricWarp'; readonly magnitude: Range; readonly p: number }
  | { readonly name: 'rotate'; readonly degrees: Range; readonly p: number }
  | {
      readonly name: 'zoom';
      readonly scale: Range;
      readonly rowPct: Range;
      readonly colPct: Range;
      readonly p: number;
    }
  /** `change` is the brightness that middle grey (0.5) becomes; the shift is made in logit space. */
  | { readonly name: 'brightness'; readonly change: Range; readonly p: number }
  /** Multiplies in logit space; the scale is uniform in its logarithm. */
  | { readonly name: 'contrast'; readonly scale: Range; readonly p: number };

/** What happens to the pictures of the training split, and of all others. */
export interface Transforms {
  readonly train: readonly Transform[];
  readonly valid: readonly Transform[];
}

export interface TransformOptions {
  /** Mirror half of the pictures. Default true. */
  readonly doFlip?: boolean;
  /** With `doFlip`: also turn upside down and by quarter turns. Default false. */
  readonly flipVert?: boolean;
  /** Largest rotation in degrees, either way, 0 to 180. Default 10. */
  readonly maxRotate?: number;
  /** Largest zoom, 1 to 10. Default 1.1. */
  readonly maxZoom?: number;
  /** Largest change of brightness and contrast, 0 up to (not including) 1. Default 0.2. */
  readonly maxLighting?: number;
  /** Largest perspective warp, 0 to 0.4. Default 0.2. */
  readonly maxWarp?: number;
  /** Probability of each of warp, rotation and zoom. Default 0.75. */
  readonly pAffine?: number;
  /** Probability of each of brightness and contrast. Default 0.75. */
  readonly pLighting?: number;
}

const CENTRE: Range = [0.5, 0.5];
const ANYWHERE: Range = [0, 1];

/** The square in the middle: what every split but the training one gets. */
export const centreCrop: Transform = { name: 'crop', rowPct: CENTRE, colPct: CENTRE, p: 1 };

/**
 * The usual set of alterations, with the names and defaults of fastai v1's `get_transforms`.
 *
 * Throws a UserError if an option is out of its bounds.
 */
export function getTransforms(options: TransformOptions = {}): Transforms {
  const doFlip = options.doFlip ?? true;
  const flipVert = options.flipVert ?? false;
  const maxRotate = checkNumber('maxRotate', options.maxRotate ?? 10, 0, 180);
  const maxZoom = checkNumber('maxZoom', options.maxZoom ?? 1.1, 1, 10);
  const maxLighting = checkNumber('maxLighting', options.maxLighting ?? 0.2, 0, 0.999);
  // From 0.5 on, the horizon of a warp in both directions can enter the picture.
  const maxWarp = checkNumber('maxWarp', options.maxWarp ?? 0.2, 0, 0.4);
  const pAffine = checkNumber('pAffine', options.pAffine ?? 0.75, 0, 1);
  const pLighting = checkNumber('pLighting', options.pLighting ?? 0.75, 0, 1);

  const train: Transform[] = [{ name: 'crop', rowPct: ANYWHERE, colPct: ANYWHERE, p: 1 }];
  if (doFlip) train.push(flipVert ? { name: 'dihedral', p: 1 } : { name: 'flipLr', p: 0.5 });
  if (maxWarp > 0) train.push({ name: 'symmetricWarp', magnitude: [-maxWarp, maxWarp], p: pAffine });
  if (maxRotate > 0) train.push({ name: 'rotate', degrees: [-maxRotate, maxRotate], p: pAffine });
  if (maxZoom > 1) train.push({ name: 'zoom', scale: [1, maxZoom], rowPct: ANYWHERE, colPct: ANYWHERE, p: pAffine });
  if (maxLighting > 0) {
    train.push({ name: 'brightness', change: [0.5 * (1 - maxLighting), 0.5 * (1 + maxLighting)], p: pLighting });
    train.push({ name: 'contrast', scale: [1 - maxLighting, 1 / (1 - maxLighting)], p: pLighting });
  }
  return { train, valid: [centreCrop] };
}

/** No augmentation: the middle square for every split. */
export const noTransforms: Transforms = { train: [centreCrop], valid: [centreCrop] };

/**
 * The transforms of one of the eight test-time passes (fastai v1, `tta.py`): bit 0 of `pass` puts the square at the
 * bottom, bit 1 at the right, bit 2 mirrors it; zoomed by `scale`, with the training transforms other than crop, flips and
 * zoom. Unlike fastai's, a pass mirrors only if the training transforms do: a set trained with `doFlip: false`
 * (digits, traffic signs) has pictures that a mirror makes wrong.
 */
export function ttaTransforms(train: readonly Transform[], pass: number, scale: number): Transform[] {
  const flips = train.some((t) => t.name === 'flipLr' || t.name === 'dihedral');
  const rowPct: Range = pass & 1 ? [1, 1] : [0, 0];
  const colPct: Range = pass & 2 ? [1, 1] : [0, 0];
  const kept = train.filter((t) => !['crop', 'flipLr', 'dihedral', 'zoom'].includes(t.name));
  return [
    ...kept,
    { name: 'zoom', scale: [scale, scale], rowPct, colPct, p: 1 },
    { name: 'crop', rowPct, colPct, p: 1 },
    ...(pass & 4 && flips ? [{ name: 'flipLr', p: 1 } as const] : []),
  ];
}
