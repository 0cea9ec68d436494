import { brightness, contrast } from './augment/colour.js';
import { crop, dihedralAffine, flipLr, randCrop, randZoom, rotate, symmetricWarp, zoom } from './augment/geometric.js';
import { checkTransforms, type Transform, type TransformName } from './augment/transform.js';
import { checkNumber } from './check.js';

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
  /** More transforms for the training split, after the others; what gives several, such as `randPad`, may stand here as it is. */
  readonly xtraTfms?: readonly (Transform | readonly Transform[])[];
}

/** The square in the middle: what every split but the training one gets. */
export const centreCrop: Transform = crop();

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

  const train: Transform[] = [randCrop()];
  if (doFlip) train.push(flipVert ? dihedralAffine() : flipLr());
  if (maxWarp > 0) train.push(symmetricWarp({ magnitude: [-maxWarp, maxWarp], p: pAffine }));
  if (maxRotate > 0) train.push(rotate({ degrees: [-maxRotate, maxRotate], p: pAffine }));
  if (maxZoom > 1) train.push(randZoom({ scale: [1, maxZoom], p: pAffine }));
  if (maxLighting > 0) {
    train.push(brightness({ change: [0.5 * (1 - maxLighting), 0.5 * (1 + maxLighting)], p: pLighting }));
    train.push(contrast({ scale: [1 - maxLighting, 1 / (1 - maxLighting)], p: pLighting }));
  }
  return {
    train: checkTransforms('the train transforms', [...train, ...(options.xtraTfms ?? []).flat()]),
    valid: [centreCrop],
  };
}

/** No augmentation: the middle square for every split. */
export const noTransforms: Transforms = { train: [centreCrop], valid: [centreCrop] };

const MIRRORS: ReadonlySet<TransformName> = new Set(['flipLr', 'flipAffine', 'dihedral', 'dihedralAffine']);

/** What would move a test-time pass's square away from its corner. */
const MOVES: ReadonlySet<TransformName> = new Set([...MIRRORS, 'crop', 'randResizeCrop', 'pad', 'zoom', 'translate']);

/** What shows a picture at more than one scale. */
const SCALES: ReadonlySet<TransformName> = new Set(['zoom', 'randResizeCrop']);

/** What is too much for a test-time pass: it hides what is to be seen, or changes it in any way. */
const WILD: ReadonlySet<TransformName> = new Set([
  'cutout',
  'randomErasing',
  'rgbRandomize',
  'randAugment',
  'trivialAugment',
  'autoAugment',
]);

/**
 * The transforms of one of the eight test-time passes (fastai v1, `tta.py`): bit 0 of `pass` puts the square at the
 * bottom, bit 1 at the right, bit 2 mirrors it; zoomed by `scale`, with the training transforms other than crops, flips,
 * zoom, what erases, and policies. Unlike fastai's, a pass mirrors only if the training transforms do: a set trained with `doFlip: false`
 * (digits, traffic signs) has pictures that a mirror makes wrong. And where training moves pictures over their edges and shows one scale only
 * (`randPad`), a pass does not zoom, but moves them by half as far as training does at most.
 */
export function ttaTransforms(train: readonly Transform[], pass: number, scale: number): Transform[] {
  const corner = { rowPct: pass & 1 ? 1 : 0, colPct: pass & 2 ? 1 : 0 };
  const mirrored = (pass & 4) !== 0 && train.some(({ name }) => MIRRORS.has(name));
  const padded = train.some(({ name }) => SCALES.has(name)) ? undefined : train.find((t) => t.name === 'pad');
  return [
    ...train.filter(({ name }) => !MOVES.has(name) && !WILD.has(name)),
    padded === undefined ? zoom({ scale, ...corner }) : { ...padded, padding: Math.ceil(padded.padding / 2), p: 1 },
    crop(corner),
    ...(mirrored ? [flipLr({ p: 1 })] : []),
  ];
}
