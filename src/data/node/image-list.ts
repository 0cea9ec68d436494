import { UserError } from '../../core/errors.js';
import { Rng, Stream } from '../../core/rng.js';
import { cacheHome } from '../../runtime/node/cache-home.js';
import { type Column, type FileList, type Listed, NO_ROW, type Row } from '../block/listed.js';
import * as splitters from '../block/split.js';
import { checkInteger, checkNumber } from '../check.js';
import type { OnProgress } from '../progress.js';
import { DEFAULT_MAX_UNPACKED_BYTES } from './archive.js';
import { ItemLists } from './item-lists.js';
import { listCsv, listFolder, listGlob, listNames, listRecords, type TableOptions } from './list-files.js';
import type { CsvOptions } from './read-csv.js';
import { readLines } from './read-lines.js';

export interface ImageListFolderOptions {
  /** Whether folders below are looked into. Default true. */
  readonly recurse?: boolean | undefined;
  /** Default: see `cacheHome`. Archives are unpacked into `archives` there. */
  readonly cacheFolder?: string | undefined;
  /** Bound on what an archive unpacks to, in bytes. Default 20 GiB. */
  readonly maxUnpackedBytes?: number | undefined;
  readonly onProgress?: OnProgress | undefined;
}

/**
 * The data block: pictures from anywhere (`fromFolder`, `fromCsv`, `fromDf`, `fromList`, `fromGlob`), filtered, split
 * (`split…`), labelled (`label…`), and made into a data bunch, in this order.
 *
 * Each step is a new object and nothing is read until `databunch()` or `read()`, which reject with a UserError if something is no
 * good. The names are fastai v1's. Functions are given a picture's path and its record (of `fromCsv` and `fromDf`).
 */
export class ImageList {
  readonly #list: () => Promise<FileList>;

  private constructor(list: () => Promise<FileList>) {
    let read: Promise<FileList> | undefined;
    this.#list = () => {
      read ??= list();
      return read;
    };
  }

  /** All pictures in a folder, or in a .tgz, .tar.gz, .tar or .zip, in the order of their paths' code points. */
  static fromFolder(path: string, options: ImageListFolderOptions = {}): ImageList {
    return new ImageList(() =>
      listFolder(path, {
        recurse: options.recurse ?? true,
        cacheFolder: options.cacheFolder ?? cacheHome(),
        maxUnpackedBytes: checkNumber('maxUnpackedBytes', options.maxUnpackedBytes ?? DEFAULT_MAX_UNPACKED_BYTES, 1),
        onProgress: options.onProgress,
      }),
    );
  }

  /** The pictures that a CSV file in a folder names, by their paths below it; other columns can label and split. */
  static fromCsv(path: string, csvName: string, options: TableOptions & CsvOptions = {}): ImageList {
    return new ImageList(() => listCsv(path, csvName, options));
  }

  /** The pictures that records name: what a data frame is in Python is an array of objects here. */
  static fromDf(path: string, records: readonly Row[], options: TableOptions = {}): ImageList {
    return new ImageList(() => listRecords(path, records, options));
  }

  /** The named pictures, by their paths below a folder. */
  static fromList(path: string, names: readonly string[]): ImageList {
    return new ImageList(() => listNames(path, names));
  }

  /** The pictures below a folder that glob patterns name, such as `train/{cat,dog}/*.jpg`. */
  static fromGlob(path: string, patterns: string | readonly string[]): ImageList {
    return new ImageList(() => listGlob(path, patterns));
  }

  /** Reads the list: pictures in order, with their records. */
  read(): Promise<FileList> {
    return this.#list();
  }

  /** Keeps the pictures for which a function is true. */
  filterByFunc(keep: (file: string, row: Row) => boolean): ImageList {
    return this.#filtered(
      () =>
        ({ file, row }) =>
          keep(file, row ?? NO_ROW),
    );
  }

  /** Keeps pictures by the first folder below the list's. Default: all of `include`, none of `exclude`. */
  filterByFolder(options: { readonly include?: readonly string[]; readonly exclude?: readonly string[] }): ImageList {
    const { include, exclude = [] } = options;
    return this.#filtered(() => ({ name }) => {
      const folder = name.slice(0, Math.max(0, name.indexOf('/')));
      return (include?.includes(folder) ?? true) && !exclude.includes(folder);
    });
  }

  /** Keeps each picture with probability `p`, 0 to 1. */
  filterByRand(p: number, seed = 0): ImageList {
    checkNumber('p (the probability to keep a picture)', p, 0, 1);
    checkInteger('seed', seed, 0);
    return this.#filtered(() => {
      const rng = new Rng(seed, Stream.subset, 0);
      return () => rng.uniform() < p;
    });
  }

  /** Keeps a random share of the pictures, at least one. Default 0.01. */
  usePartialData(samplePct = 0.01, seed = 0): ImageList {
    checkNumber('samplePct', samplePct, 0, 1);
    checkInteger('seed', seed, 0);
    return this.#filtered((n) => {
      const order = new Rng(seed, Stream.subset, 1).shuffle(Int32Array.from({ length: n }, (_, i) => i));
      const kept = new Set(order.subarray(0, Math.max(1, Math.round(samplePct * n))));
      return (_, i) => kept.has(i);
    });
  }

  /** Draws a share for validation (default 0.2): of all, of each class (`stratify`), or of groups that stay together. */
  splitByRandPct(validPct = 0.2, options: splitters.RandomSplitOptions = {}): ItemLists {
    return this.#split(splitters.randPct(validPct, options));
  }

  /** Draws a share for training and another for validation, and leaves the rest out. */
  splitSubsets(trainSize: number, validSize: number, options: splitters.RandomSplitOptions = {}): ItemLists {
    return this.#split(splitters.subsets(trainSize, validSize, options));
  }

  /** By the first folder below the list's: `train` and `valid` unless named otherwise; other pictures are left out. */
  splitByFolder(options: splitters.FolderSplitOptions = {}): ItemLists {
    return this.#split(splitters.byFolder(options));
  }

  /** By position in the list: the named pictures are for validation, all others for training. */
  splitByIdx(valid: Iterable<number>): ItemLists {
    return this.#split(splitters.byIdx(valid));
  }

  /** By position in the list; pictures that are named in neither are left out. */
  splitByIdxs(train: Iterable<number>, valid: Iterable<number>): ItemLists {
    return this.#split(splitters.byIdxs(train, valid));
  }

  /** The named pictures (paths below the list's folder, or names of files alone) are for validation. */
  splitByFiles(valid: Iterable<string>): ItemLists {
    return this.#split(splitters.byFiles(valid));
  }

  /** As `splitByFiles`, with a text file that has a name on each line. */
  splitByFnameFile(file: string): ItemLists {
    return new ItemLists(this.#list, async () => splitters.byFiles(await readLines(file), file));
  }

  /** Pictures for which a function is true are for validation. */
  splitByValidFunc(isValid: (file: string, row: Row) => boolean): ItemLists {
    return this.#split(splitters.byValidFunc(isValid));
  }

  /** By a column (default `is_valid`): true, 1 or valid for validation; false, 0, train or nothing for training; test for the test set. */
  splitFromColumn(column: Column = 'is_valid'): ItemLists {
    return this.#split(splitters.fromColumn(column));
  }

  /** fastai's name for `splitFromColumn`. */
  splitFromDf(column: Column = 'is_valid'): ItemLists {
    return this.splitFromColumn(column);
  }

  /** All for training, none for validation. */
  splitNone(): ItemLists {
    return this.#split(splitters.none);
  }

  #split(splitter: splitters.Splitter): ItemLists {
    return new ItemLists(this.#list, async () => splitter);
  }

  #filtered(keeper: (n: number) => (item: Listed, i: number) => boolean): ImageList {
    return new ImageList(async () => {
      const list = await this.#list();
      const items = list.items.filter(keeper(list.items.length));
      if (items.length === 0) throw new UserError(`No pictures of ${list.root} are left after filtering`);
      return { ...list, items };
    });
  }
}
