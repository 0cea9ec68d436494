import { totalmem } from 'node:os';
import { UserError } from '../../core/errors.js';
import { cacheHome } from '../../runtime/node/cache-home.js';
import { checkTransforms } from '../augment/transform.js';
import { type Balance, checkBalance } from '../balance.js';
import type { ImageStats } from '../batch.js';
import { checkInteger, checkNumber, checkShare, checkSize, MAX_SIZE } from '../check.js';
import { checkFraming, type PaddingMode, type ResizeMethod } from '../framing.js';
import type { Skipped } from '../item.js';
import type { OnProgress } from '../progress.js';
import { checkStats } from '../stats.js';
import { noTransforms, type Transforms } from '../transforms.js';
import { DEFAULT_MAX_UNPACKED_BYTES } from './archive.js';
import { MAX_PIXELS } from './decode.js';
import type { SizeRule } from './probe-size.js';

/** How pictures become batches, wherever they and their labels come from. */
export interface BunchOptions {
  /** Decides the split, the order and the augmentation. Default 0. */
  readonly seed?: number | undefined;
  /** Side of the square pictures in pixels, 1 to 4096. Default: see `probeSize`. */
  readonly size?: number | undefined;
  /** How the side is found where none is given: a network without pretrained weights needs tiny pictures not enlarged. */
  readonly sizeRule?: SizeRule | undefined;
  /** Pictures in a training batch. Default 64. */
  readonly bs?: number | undefined;
  /** Pictures in a batch of another split. Default: as in a training batch. */
  readonly valBs?: number | undefined;
  /** What happens to training pictures and to all others: from `getTransforms`, or lists of one's own. Default: no augmentation. */
  readonly dsTfms?: Transforms | undefined;
  /** How pictures become squares: cut at the middle, padded, or out of shape. Default `crop`. */
  readonly resizeMethod?: ResizeMethod | undefined;
  /** What is seen beyond the edges of a picture that was moved or padded. Default `reflection`. */
  readonly paddingMode?: PaddingMode | undefined;
  /** How often a pass shows the training pictures of each class, see `Balance`. Default `none`. */
  readonly balance?: Balance | undefined;
  /** How pictures are normalised. Default: as the pretrained network was trained. */
  readonly stats?: ImageStats | undefined;
  /** What happens to files that cannot be decoded: left out and listed in `skipped`, or an error. Default `skip`. */
  readonly corrupt?: 'skip' | 'error' | undefined;
  /**
   * What happens to files that are cut off or damaged inside: they count as what cannot be decoded (`error`), or as far as they go
   * (`accept`). Default `error`.
   */
  readonly truncated?: 'error' | 'accept' | undefined;
  /** Pictures with more pixels cannot be decoded: they are more likely to be attacks on memory. Default 178,956,970, as in Pillow. */
  readonly maxPixels?: number | undefined;
  /** Threads for cropping and augmentation; 0 does it on the caller's thread. Default 1. */
  readonly workers?: number | undefined;
  /**
   * Bound on the memory for decoded pictures, in bytes; used only where they cannot be kept on the disk, or for passes at another
   * size. Default 4 GiB, but no more than a third of the machine's memory.
   */
  readonly cacheBytes?: number | undefined;
  /**
   * Bound on the disk space for decoded pictures of all sets, in bytes, and never more than half of what is free; the sets not used for the
   * longest time make way. 0 keeps none, and reads none. Default 20 GiB.
   */
  readonly diskCacheBytes?: number | undefined;
  /** Folder for what can be made again: unpacked `archives`, decoded `pictures`. Default: see `cacheHome`. */
  readonly cacheFolder?: string | undefined;
  /** Whether every picture is decoded (into the cache) and checked before the bunch is given. Default true. */
  readonly prepare?: boolean | undefined;
  /** A cleaning list, see `cleaningList`: its pictures are left out or relabelled as it says. Default: none. */
  readonly cleaned?: string | undefined;
  /** Is told of each file left out. */
  readonly onSkip?: ((skipped: Skipped) => void) | undefined;
  /** Is told what is worth knowing but does no harm, such as that decoded pictures cannot be kept. */
  readonly onNotice?: ((message: string) => void) | undefined;
  readonly onProgress?: OnProgress | undefined;
}

export interface FolderOptions extends BunchOptions {
  /** Name of the training folder. Default `train`, or `training`. */
  readonly train?: string | undefined;
  /** Name of the validation folder. Default: the first of `valid`, `val`, `validation`, `dev`, `test`, `testing` that exists. */
  readonly valid?: string | undefined;
  /**
   * Name of the folder of a test set, which is then never used to validate. Default: `test` or `testing`, if there is one and another to
   * validate on.
   */
  readonly test?: string | undefined;
  /** Without a validation folder: the part of each class that is drawn for validation, above 0 and below 1. Default 0.2. */
  readonly validPct?: number | undefined;
  /**
   * Whether the pictures are only measured on: then none are drawn for validation where no folder is, all are in the training split instead,
   * and a single class will do. Default false.
   */
  readonly onlyMeasured?: boolean | undefined;
  /** Only pictures of these classes, numbered in this order. Default: all, in the order of their names' code points. */
  readonly classes?: readonly string[] | undefined;
  /** Only the first so many training files of each class, in name order. Default: all. */
  readonly limitPerClass?: number | undefined;
  /** The same for validation and test. Default: all. */
  readonly validLimitPerClass?: number | undefined;
  /** Where labels are in a table (metadata.csv, metadata.jsonl, Parquet): their column. Default: `label` or the like, or the only one. */
  readonly labelColumn?: string | undefined;
  /** Where pictures are in Parquet files: their column. Default: from the files. */
  readonly imageColumn?: string | undefined;
  /** Bound on what an archive or Parquet files unpack to, in bytes. Default 20 GiB. */
  readonly maxUnpackedBytes?: number | undefined;
}

/** Options with their defaults filled in; those without a default may be undefined. */
export type ResolvedBunchOptions = ReturnType<typeof resolveBunchOptions>;

/** Fills in the defaults; a UserError names the option that is out of bounds. */
export function resolveBunchOptions(options: BunchOptions) {
  const corrupt = options.corrupt ?? 'skip';
  if (corrupt !== 'skip' && corrupt !== 'error') {
    throw new UserError(`corrupt must be "skip" or "error", not ${JSON.stringify(corrupt)}`);
  }
  const truncated = options.truncated ?? 'error';
  if (truncated !== 'error' && truncated !== 'accept') {
    throw new UserError(`truncated must be "error" or "accept", not ${JSON.stringify(truncated)}`);
  }
  return {
    seed: checkInteger('seed', options.seed ?? 0, 0),
    size: options.size === undefined ? undefined : checkSize(options.size),
    sizeRule: checkSizeRule(options.sizeRule ?? {}),
    bs: checkInteger('bs (pictures in a batch)', options.bs ?? 64, 1),
    valBs: optionalCount('valBs', options.valBs),
    dsTfms: checkDsTfms(options.dsTfms ?? noTransforms),
    framing: checkFraming(options),
    balance: checkBalance(options.balance ?? 'none'),
    stats: options.stats === undefined ? undefined : checkStats(options.stats),
    corrupt,
    decoding: {
      acceptTruncated: truncated === 'accept',
      maxPixels: checkInteger('maxPixels', options.maxPixels ?? MAX_PIXELS, 1),
    },
    workers: checkInteger('workers', options.workers ?? 1, 0, 256),
    cacheBytes: checkNumber('cacheBytes', options.cacheBytes ?? Math.min(4 * 2 ** 30, totalmem() / 3), 0),
    diskCacheBytes: checkNumber('diskCacheBytes', options.diskCacheBytes ?? 20 * 2 ** 30, 0),
    cacheFolder: options.cacheFolder ?? cacheHome(),
    prepare: options.prepare ?? true,
    cleaned: options.cleaned,
    onSkip: options.onSkip,
    onNotice: options.onNotice,
    onProgress: options.onProgress,
  };
}

/** As `resolveBunchOptions`, with what is a folder's own. */
export function resolveFolderOptions(options: FolderOptions) {
  return {
    ...resolveBunchOptions(options),
    train: options.train ?? 'train',
    valid: options.valid,
    test: options.test,
    classes: options.classes,
    validPct: checkShare('validPct', options.validPct ?? 0.2),
    onlyMeasured: options.onlyMeasured ?? false,
    limitPerClass: optionalCount('limitPerClass', options.limitPerClass),
    labelColumn: options.labelColumn,
    imageColumn: options.imageColumn,
    validLimitPerClass: optionalCount('validLimitPerClass', options.validLimitPerClass),
    maxUnpackedBytes: checkNumber('maxUnpackedBytes', options.maxUnpackedBytes ?? DEFAULT_MAX_UNPACKED_BYTES, 1),
  };
}

function checkDsTfms({ train, valid }: Transforms): Transforms {
  return { train: checkTransforms('dsTfms.train', train), valid: checkTransforms('dsTfms.valid', valid) };
}

function optionalCount(name: string, value: number | undefined): number | undefined {
  return value === undefined ? undefined : checkInteger(name, value, 1);
}

function checkSizeRule(rule: SizeRule): SizeRule {
  const side = (name: string, value: number | undefined) =>
    value === undefined ? undefined : checkInteger(`sizeRule.${name}`, value, 1, MAX_SIZE);
  return { ...rule, least: side('least', rule.least), step: side('step', rule.step) };
}
