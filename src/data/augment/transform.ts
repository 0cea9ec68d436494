import { z } from 'zod';
import { UserError } from '../../core/errors.js';
import { PADDING_MODES } from '../framing.js';
import { bounded, flag, oneOf, place, probability, range, whole, wholeRange } from './fields.js';

const p = probability(1);
const anyOfEight = wholeRange(0, 7).default([0, 7]);
const unmoved = range(-1, 1).default([0, 0]);
const invert = flag.default(false);
const factor = range(0, 10);
const paddingMode = oneOf(PADDING_MODES).optional();

function named<N extends string, S extends z.core.$ZodShape>(name: N, shape: S) {
  return z.strictObject({ name: z.literal(name), ...shape });
}

/** Changes a square in place: RGB planes, uint8, [3, size, size]; `random` is uniform in [0, 1). */
export type CustomFunction = (pixels: Uint8Array, size: number, random: () => number) => void;

const apply = z.custom<CustomFunction>((value) => typeof value === 'function', { error: 'must be a function' });

/** What each transform is made of, by its name. The builders in the other files say what the fields mean. */
const SCHEMAS = {
  crop: named('crop', { rowPct: place, colPct: place, paddingMode, p }),
  randResizeCrop: named('randResizeCrop', {
    maxScale: bounded(1, 100).default(2),
    ratios: range(0.1, 10).default([0.75, 1.33]),
    p,
  }),
  pad: named('pad', { padding: whole(1, 4096), mode: paddingMode, p }),
  flipLr: named('flipLr', { p: probability(0.5) }),
  flipAffine: named('flipAffine', { p: probability(0.5) }),
  dihedral: named('dihedral', { k: anyOfEight, p }),
  dihedralAffine: named('dihedralAffine', { k: anyOfEight, p }),
  rotate: named('rotate', { degrees: range(-360, 360), p }),
  zoom: named('zoom', { scale: range(0.1, 10), rowPct: place, colPct: place, p }),
  squish: named('squish', { scale: range(0.1, 10), rowPct: place, colPct: place, p }),
  // From 0.5 on, the horizon of a warp in both directions can enter the picture.
  symmetricWarp: named('symmetricWarp', { magnitude: range(-0.4, 0.4), invert, p }),
  perspectiveWarp: named('perspectiveWarp', { magnitude: range(-0.4, 0.4), invert, p }),
  tilt: named('tilt', {
    direction: wholeRange(0, 3).default([0, 3]),
    magnitude: range(-0.9, 0.9),
    invert,
    p,
  }),
  skew: named('skew', { direction: anyOfEight, magnitude: range(-0.9, 0.9), invert, p }),
  shear: named('shear', { x: unmoved, y: unmoved, p }),
  translate: named('translate', { x: unmoved, y: unmoved, p }),
  brightness: named('brightness', { change: range(0, 1), p }),
  contrast: named('contrast', { scale: range(0.01, 100), p }),
  adjustBrightness: named('adjustBrightness', { factor, p }),
  adjustContrast: named('adjustContrast', { factor, p }),
  adjustSaturation: named('adjustSaturation', { factor, p }),
  adjustHue: named('adjustHue', { turn: range(-0.5, 0.5), p }),
  adjustSharpness: named('adjustSharpness', { factor, p }),
  gaussianBlur: named('gaussianBlur', { sigma: range(0.1, 100), p }),
  invert: named('invert', { p }),
  posterize: named('posterize', { bits: wholeRange(1, 8), p }),
  solarize: named('solarize', { threshold: range(0, 256), p }),
  autocontrast: named('autocontrast', { p }),
  equalize: named('equalize', { p }),
  rgbRandomize: named('rgbRandomize', {
    channel: wholeRange(0, 2).default([0, 2]),
    thresh: bounded(0, 1).default(0.3),
    p,
  }),
  jitter: named('jitter', { magnitude: range(0, 1), p }),
  cutout: named('cutout', {
    nHoles: wholeRange(1, 1000).default([1, 1]),
    length: wholeRange(1, 4096).default([40, 40]),
    p,
  }),
  randomErasing: named('randomErasing', {
    scale: range(0, 1).default([0.02, 1 / 3]),
    ratio: range(0.01, 100).default([0.3, 3.3]),
    mode: oneOf(['const', 'rand', 'pixel']).default('const'),
    count: wholeRange(1, 100).default([1, 1]),
    p: probability(0.25),
  }),
  randAugment: named('randAugment', {
    numOps: whole(1, 14).default(2),
    magnitude: whole(0, 1000).default(9),
    magnitudeBins: whole(2, 1001).default(31),
    p,
  }).refine(({ magnitude, magnitudeBins }) => magnitude < magnitudeBins, {
    path: ['magnitude'],
    error: 'must be below magnitudeBins',
  }),
  trivialAugment: named('trivialAugment', { magnitudeBins: whole(2, 1001).default(31), p }),
  custom: named('custom', { apply, p }),
  autoAugment: named('autoAugment', { policy: oneOf(['imagenet', 'cifar10']).default('imagenet'), p }),
};

/** The same, for whoever has a name and no more. */
const CHECKS: { readonly [N in TransformName]: z.ZodType<TransformOf<N>> } = SCHEMAS;

export type TransformName = keyof typeof SCHEMAS;

/** A transform with every field filled in. */
export type TransformOf<N extends TransformName> = { [K in N]: Readonly<z.output<(typeof SCHEMAS)[K]>> }[N];

/** What the builder of a transform takes. */
export type OptionsOf<N extends TransformName> = Readonly<Omit<z.input<(typeof SCHEMAS)[N]>, 'name'>>;

/**
 * One random alteration, as data: what its builder gives, such as `rotate`. `p` is the probability that it happens to a picture.
 * What is drawn from a range is uniform in it, where nothing else is said.
 */
export type Transform = TransformOf<TransformName>;

/** Makes a transform; a UserError names the field that is no good. */
export function make<N extends TransformName>(name: N, options: OptionsOf<N>): TransformOf<N> {
  return parse(name, { ...options, name });
}

/** Checks transforms that may be plain data; `where` names their list in the error. */
export function checkTransforms(where: string, transforms: readonly Transform[]): Transform[] {
  if (!Array.isArray(transforms)) throw new UserError(`${where} must be a list of transforms`);
  return transforms.map((transform: Transform, i) => {
    if (Object.hasOwn(SCHEMAS, transform?.name)) return parse(transform.name, transform);
    const given = JSON.stringify(transform);
    throw new UserError(`${where}[${i}] must be made by one of ${Object.keys(SCHEMAS).join(', ')}, not ${given}`);
  });
}

function parse<N extends TransformName>(name: N, given: object): TransformOf<N> {
  const parsed = CHECKS[name].safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue?.code === 'unrecognized_keys') {
    const known = Object.keys(SCHEMAS[name].shape).filter((key) => key !== 'name');
    throw new UserError(`${name} has no option ${issue.keys.join(', ')}; it has ${known.join(', ')}`);
  }
  const field = String(issue?.path[0]);
  const value = Object.entries(given).find(([key]) => key === field)?.[1];
  throw new UserError(`${name}: ${field} ${issue?.message}, not ${JSON.stringify(value)}`);
}
