import type { Command, Option } from 'commander';
import { z } from 'zod';
import * as t from '../data/augment/index.js';
import { PADDING_MODES, RESIZE_METHODS } from '../data/framing.js';
import { getTransforms, type Transforms } from '../data/transforms.js';
import { share, UsageError, wholeNumber, word } from './fields.js';

const POLICIES = [
  'default',
  'none',
  'shift',
  'randaugment',
  'trivialaugment',
  'autoaugment-cifar10',
  'autoaugment-imagenet',
] as const;

const ERASING_MODES = ['const', 'rand', 'pixel'] as const;

/** Options that decide how pictures are altered; runs of earlier versions have none but `flip`. */
export const augmentationFields = {
  resize: word(RESIZE_METHODS).default('crop'),
  padding: word(PADDING_MODES).default('reflection'),
  augment: word(POLICIES).default('default'),
  shift: wholeNumber(1, 4096).optional(),
  raOps: wholeNumber(1, 14).optional(),
  raMagnitude: wholeNumber(0, 30).optional(),
  flip: z.boolean(),
  flipVert: z.boolean().default(false),
  colorJitter: share().optional(),
  reprob: share().default(0),
  remode: word(ERASING_MODES).optional(),
};

export type AugmentationOptions = z.infer<z.ZodObject<typeof augmentationFields>>;

/** Adds the options' flags to a command. */
export function addAugmentation(
  command: Command,
  option: (flags: string, description: string, fallback?: string | number) => Option,
): Command {
  return command
    .optionsGroup('Augmentation:')
    .addOption(
      option('--resize <method>', 'how pictures become squares: crop at the middle, pad, or squish', RESIZE_METHODS[0]),
    )
    .addOption(option('--padding <mode>', 'what is beyond the edges: zeros, border or reflection', 'reflection'))
    .addOption(option('--augment <policy>', `one of ${POLICIES.join(', ')}`, POLICIES[0]))
    .addOption(option('--shift <pixels>', 'farthest that --augment shift moves a picture, either way (default: 4)'))
    .addOption(option('--ra-ops <n>', "RandAugment's operations on a picture (default: 2)"))
    .addOption(option('--ra-magnitude <n>', "RandAugment's magnitude, 0 to 30 (default: 9)"))
    .addOption(option('--no-flip', 'never mirror pictures'))
    .addOption(option('--flip-vert', 'turn them upside down and by quarter turns, too'))
    .addOption(option('--color-jitter <share>', 'change brightness, contrast and saturation by up to so much'))
    .addOption(option('--reprob <p>', 'probability that a random box is erased', 0))
    .addOption(option('--remode <what>', 'by what: const, rand or pixel (default: const)'));
}

/** @throws {UsageError} if an option would do nothing */
export function checkAugmentation(o: AugmentationOptions): void {
  if (o.shift !== undefined && o.augment !== 'shift') throw new UsageError('--shift needs --augment shift');
  const randAugment = o.augment === 'randaugment';
  if (o.raOps !== undefined && !randAugment) throw new UsageError('--ra-ops needs --augment randaugment');
  if (o.raMagnitude !== undefined && !randAugment) throw new UsageError('--ra-magnitude needs --augment randaugment');
  if (o.remode !== undefined && o.reprob === 0) throw new UsageError('--remode needs --reprob above 0');
  if (o.flipVert && !o.flip) throw new UsageError('--flip-vert and --no-flip contradict each other; leave one out');
  if (o.flipVert && o.augment === 'none') throw new UsageError('--flip-vert needs another --augment than none');
}

/** What the options make of training pictures. */
export function transformsOf(o: AugmentationOptions): Transforms {
  const jitter = o.colorJitter ?? 0;
  const extra = [
    ...t.colorJitter({ brightness: jitter, contrast: jitter, saturation: jitter }),
    ...(o.reprob === 0 ? [] : [t.randomErasing({ p: o.reprob, mode: o.remode ?? 'const' })]),
  ];
  const flips = { doFlip: o.flip, flipVert: o.flipVert };
  if (o.augment === 'none') return { train: [t.crop(), ...extra], valid: [t.crop()] };
  if (o.augment === 'default') return getTransforms({ ...flips, xtraTfms: extra });
  const unmoved = { maxRotate: 0, maxZoom: 1, maxLighting: 0, maxWarp: 0 };
  if (o.augment === 'shift') return shifted(getTransforms({ ...flips, ...unmoved, xtraTfms: extra }), o.shift ?? 4);
  return getTransforms({ ...flips, ...unmoved, xtraTfms: [policyOf(o.augment, o), ...extra] });
}

/** The same with a square of the picture and what pads it in place of one of the picture alone: no pixel is interpolated. */
function shifted({ train, valid }: Transforms, padding: number): Transforms {
  return { train: [...t.randPad({ padding }), ...train.filter(({ name }) => name !== 'crop')], valid };
}

function policyOf(
  name: Exclude<AugmentationOptions['augment'], 'default' | 'none' | 'shift'>,
  { raOps = 2, raMagnitude = 9 }: AugmentationOptions,
): t.Transform {
  switch (name) {
    case 'randaugment':
      return t.randAugment({ numOps: raOps, magnitude: raMagnitude });
    case 'trivialaugment':
      return t.trivialAugment();
    case 'autoaugment-cifar10':
      return t.autoAugment({ policy: 'cifar10' });
    case 'autoaugment-imagenet':
      return t.autoAugment({ policy: 'imagenet' });
  }
}
