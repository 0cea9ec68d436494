import { UserError } from '../core/errors.js';
import { Rng, Stream } from '../core/rng.js';
import type { Augmentation, PassOptions, SplitName } from './batch.js';
import { checkInteger, checkNumber, checkSize } from './check.js';

/** What a pass takes from its bunch where its own options say nothing. */
export interface PassDefaults {
  readonly bs: number;
  /** Of all passes but those over the training split. Default: as `bs`. */
  readonly valBs?: number | undefined;
  readonly size: number;
}

/** A pass with every default filled in. */
export interface ResolvedPass {
  readonly batchSize: number;
  readonly epoch: number;
  readonly shuffle: boolean;
  readonly dropLast: boolean;
  readonly augmentation: Augmentation;
  readonly startBatch: number;
  readonly size: number;
}

/** Fills in the defaults of a pass over `count` pictures; a UserError if an option is out of bounds. */
export function resolvePass(
  split: SplitName,
  count: number,
  defaults: PassDefaults,
  options: PassOptions = {},
): ResolvedPass {
  const training = split === 'train';
  const batchSize = checkInteger(
    'batchSize',
    options.batchSize ?? (training ? undefined : defaults.valBs) ?? defaults.bs,
    1,
  );
  const augmentation = options.augmentation ?? { kind: training ? 'train' : 'none' };
  if (augmentation.kind === 'tta') {
    checkInteger('pass (of test-time augmentation)', augmentation.pass, 0, 7);
    checkNumber('scale (of test-time augmentation)', augmentation.scale, 1, 10);
  } else if (augmentation.kind !== 'train' && augmentation.kind !== 'none') {
    throw new UserError(`augmentation must be train, none or tta, not ${JSON.stringify(augmentation)}`);
  }
  return {
    batchSize,
    augmentation,
    epoch: checkInteger('epoch', options.epoch ?? 0, 0),
    shuffle: options.shuffle ?? training,
    dropLast: options.dropLast ?? (training && count >= batchSize),
    startBatch: checkInteger('startBatch', options.startBatch ?? 0, 0),
    size: checkSize(options.size ?? defaults.size),
  };
}

/** Number of batches of a pass over `count` pictures, before `startBatch`. */
export function countBatches(count: number, pass: ResolvedPass): number {
  const batches = count / pass.batchSize;
  return pass.dropLast ? Math.floor(batches) : Math.ceil(batches);
}

/** The order in which a pass visits its `count` pictures, [count]: a function of the seed and the epoch. */
export function passOrder(count: number, seed: number, pass: Pick<ResolvedPass, 'shuffle' | 'epoch'>): Int32Array {
  const order = Int32Array.from({ length: count }, (_, index) => index);
  return pass.shuffle ? new Rng(seed, Stream.shuffle, pass.epoch).shuffle(order) : order;
}
