import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../core/errors.js';
import type { DataBunch, ImageBatch, ImageStats, PassOptions, SplitName, Task } from '../batch.js';
import { fromFunc, fromList, fromRe, type LabelValue } from '../block/label.js';
import type { Row } from '../block/listed.js';
import { checkInteger } from '../check.js';
import { Draws } from '../draws.js';
import type { Framing } from '../framing.js';
import type { LabelledFiles, Skipped } from '../item.js';
import { ItemSet, SPLITS } from '../item-set.js';
import type { ResolvedPass } from '../pass-plan.js';
import { statsOf } from '../picture-stats.js';
import { batchesAhead, prefetch, take } from '../prefetch.js';
import type { OnProgress } from '../progress.js';
import { checkStats } from '../stats.js';
import type { Transforms } from '../transforms.js';
import { BatchRenderer } from './batch-renderer.js';
import {
  type CsvBunchOptions,
  type DfOptions,
  type ListOptions,
  type NamesOptions,
  planFromCsv,
  planFromDf,
  planFromNames,
} from './constructors.js';
import type { DecodeOptions } from './decode.js';
import { decodeAll, throwIfAny } from './decode-all.js';
import {
  type BunchOptions,
  type FolderOptions,
  type ResolvedBunchOptions,
  resolveBunchOptions,
  resolveFolderOptions,
} from './options.js';
import { PictureStore } from './picture-store.js';
import { probeSize } from './probe-size.js';
import { withCleaned } from './read-cleaned.js';
import { readHubFolder, readParquet, readPictures } from './read-pictures.js';
import { assertApart } from './real-paths.js';
import { RenderPool } from './render-pool.js';
import { type Plan, resolvePlan } from './resolve-plan.js';

/**
 * Pictures with their labels, split, and made into batches.
 *
 * Decoded pictures (no larger than they are shown) are kept on the disk, where a later run finds them, or in
 * shared memory where that cannot be; threads enlarge, cut, flip, warp and light them into batches. Two bunches with the
 * same files, options and seed give the same bytes, whatever the number of threads.
 *
 * Memory: `cacheBytes` at most for decoded pictures, and batches ahead of the reader up to 256 MiB (one, if it is larger).
 */
export class ImageDataBunch implements DataBunch {
  readonly size: number;
  readonly bs: number;
  readonly valBs: number | undefined;
  readonly seed: number;
  readonly framing: Framing;
  readonly transforms: Transforms;
  readonly #items: ItemSet;
  readonly #draws: Draws;
  readonly #options: ResolvedBunchOptions;
  readonly #decoding: DecodeOptions;
  readonly #store: PictureStore;
  readonly #pool: RenderPool;
  readonly #renderer: BatchRenderer;
  /** The folder that the pictures are in. */
  readonly #root: string;
  #stats: ImageStats | undefined;
  #prepared: Promise<void> | undefined;
  #closed = false;

  private constructor(root: string, files: LabelledFiles, size: number, options: ResolvedBunchOptions) {
    this.#root = root;
    this.size = size;
    this.bs = options.bs;
    this.valBs = options.valBs;
    this.seed = options.seed;
    this.framing = options.framing;
    this.transforms = options.dsTfms;
    this.#stats = options.stats;
    this.#items = new ItemSet(files);
    this.#draws = new Draws(this.#items, options.balance, options.seed, this);
    this.#options = options;
    this.#decoding = { ...options.decoding, resizeMethod: this.framing.resizeMethod };
    this.#store = new PictureStore(options.cacheBytes, this.#decoding);
    this.#pool = new RenderPool(options.workers);
    this.#renderer = new BatchRenderer(this.#store, this.#pool, this);
  }

  /**
   * Reads a folder, or a .tgz, .tar.gz, .tar or .zip, of pictures: `train/CLASS/…` with `valid/CLASS/…` (and
   * `test/CLASS/…`), or `CLASS/…` alone; or as `fromImagefolder` and `fromParquet` do, if such files are there. Classes are in the order
   * of their names' code points.
   *
   * Throws a UserError that says what to do if the path, the archive, the layout, a picture or an option is no good.
   */
  static async fromFolder(path: string, options: FolderOptions = {}): Promise<ImageDataBunch> {
    const resolved = resolveFolderOptions(options);
    const { root, files } = await readPictures(path, resolved);
    return ImageDataBunch.fromLabelledFiles(root, files, options);
  }

  /**
   * Reads a folder or an archive as Hugging Face's `imagefolder` does: `metadata.jsonl` or `metadata.csv` beside the pictures, or in the
   * folder of each split, with the columns `file_name` and `label`. Splits may be called train, validation, valid, val, dev,
   * test, and may be told by a column `split`.
   *
   * Throws a UserError that names the row or the columns that are no good.
   */
  static async fromImagefolder(path: string, options: FolderOptions = {}): Promise<ImageDataBunch> {
    const { root, files } = await readHubFolder(path, resolveFolderOptions(options));
    return ImageDataBunch.fromLabelledFiles(root, files, options);
  }

  /**
   * Reads Parquet files whose rows hold pictures, as bytes or as structs of `bytes` and `path`, and labels: strings, whole numbers, or
   * `ClassLabel`s of Hugging Face's `datasets`. The pictures are taken out once, into `parquet` in the cache folder. A file belongs to
   * the split that its name or folder tells, such as `train-00000-of-00002.parquet`.
   *
   * Throws a UserError that names the file that is damaged, or the columns there are.
   */
  static async fromParquet(paths: string | readonly string[], options: FolderOptions = {}): Promise<ImageDataBunch> {
    const given = typeof paths === 'string' ? [paths] : paths;
    const { root, files } = await readParquet(given, resolveFolderOptions(options));
    return ImageDataBunch.fromLabelledFiles(root, files, options);
  }

  /** The pictures that a CSV file names: by default `labels.csv` in the folder, with names and labels in its first two columns. */
  static fromCsv(path: string, options: CsvBunchOptions = {}): Promise<ImageDataBunch> {
    return ImageDataBunch.#fromPlan(planFromCsv(path, options), options);
  }

  /** The same with an array of records instead of a file: what a data frame is in Python. */
  static fromDf(path: string, records: readonly Row[], options: DfOptions = {}): Promise<ImageDataBunch> {
    return ImageDataBunch.#fromPlan(planFromDf(path, records, options), options);
  }

  /** The named pictures below a folder, and a label for each: a class, several in an array, or with `regression` numbers. */
  static fromLists(
    path: string,
    names: readonly string[],
    labels: readonly LabelValue[],
    options: NamesOptions = {},
  ): Promise<ImageDataBunch> {
    return ImageDataBunch.#fromPlan(planFromNames(path, names, fromList(labels, options), options), options);
  }

  /** The named pictures below a folder, labelled by a function of their paths. */
  static fromNameFunc(
    path: string,
    names: readonly string[],
    label: (file: string) => LabelValue,
    options: NamesOptions = {},
  ): Promise<ImageDataBunch> {
    return ImageDataBunch.#fromPlan(planFromNames(path, names, fromFunc(label, options), options), options);
  }

  /** The named pictures below a folder, labelled by the first group of a pattern in their names. */
  static fromNameRe(
    path: string,
    names: readonly string[],
    pattern: string | RegExp,
    options: NamesOptions = {},
  ): Promise<ImageDataBunch> {
    return ImageDataBunch.#fromPlan(planFromNames(path, names, fromRe(pattern, options), options), options);
  }

  static async #fromPlan(plan: Plan, options: ListOptions): Promise<ImageDataBunch> {
    const { root, files } = await resolvePlan(plan, options);
    return ImageDataBunch.fromLabelledFiles(root, files, options);
  }

  /**
   * A bunch of files that are labelled and split already.
   *
   * @param root the folder that the pictures are in: names what is kept of them on the disk
   */
  static async fromLabelledFiles(
    root: string,
    found: LabelledFiles,
    options: BunchOptions = {},
  ): Promise<ImageDataBunch> {
    const resolved = resolveBunchOptions(options);
    const files = resolved.cleaned === undefined ? found : await withCleaned(root, found, resolved.cleaned);
    await assertApart(files);
    for (const notice of files.notices ?? []) resolved.onNotice?.(notice);
    if (resolved.corrupt === 'error') throwIfAny(files.unsupported);
    for (const skipped of files.unsupported) resolved.onSkip?.(skipped);
    const size =
      resolved.size ??
      (await probeSize(
        files.splits.train.map(({ file }) => file),
        resolved.sizeRule,
      ));
    const bunch = new ImageDataBunch(await realpath(root), files, size, resolved);
    try {
      // Weights that are no good are told before pictures are decoded.
      bunch.#draws.weigh();
      if (resolved.prepare) await bunch.prepare();
    } catch (error) {
      await bunch.close();
      throw error;
    }
    return bunch;
  }

  get task(): Task {
    return this.#items.task;
  }

  get classes(): readonly string[] {
    return this.#items.classes;
  }

  get stats(): ImageStats | undefined {
    return this.#stats;
  }

  /** Sets how learners made from now on normalise the pictures: `imagenetStats`, or what `batchStats` gives. */
  normalize(stats: ImageStats): this {
    this.#stats = checkStats(stats);
    return this;
  }

  /** Mean and deviation of each channel over training pictures as they are without augmentation, a random 1,024 of them by default. */
  batchStats(pictures = 1024): Promise<ImageStats> {
    const count = Math.min(checkInteger('pictures (of batchStats)', pictures, 1), this.length('train'));
    const batchSize = Math.min(this.bs, count);
    const pass: PassOptions = { shuffle: true, augmentation: { kind: 'none' }, batchSize, dropLast: false };
    return statsOf(take(this.batches('train', pass), Math.ceil(count / batchSize)));
  }

  /** Files that were left out; complete after `prepare`. */
  get skipped(): readonly Skipped[] {
    return this.#items.skipped;
  }

  /**
   * Decodes every picture that earlier runs have not, keeps what there is room for, and leaves out what cannot be decoded. Done
   * once; the first pass does it if nothing else has. Only from then on are `length` and `labels` final.
   */
  prepare(onProgress: OnProgress | undefined = this.#options.onProgress): Promise<void> {
    this.#prepared ??= this.#prepare(onProgress);
    return this.#prepared;
  }

  async #prepare(onProgress: OnProgress | undefined): Promise<void> {
    const { diskCacheBytes: maxBytes, onNotice } = this.#options;
    if (maxBytes > 0) {
      const home = join(this.#options.cacheFolder, 'pictures');
      const files = SPLITS.flatMap((split) => this.#items.split(split).map(({ file }) => file));
      await this.#store.openDisk(
        { home, root: this.#root, size: this.size, decoding: this.#decoding, maxBytes, onNotice },
        files,
      );
    }
    try {
      const { corrupt, onSkip } = this.#options;
      const isClosed = () => this.#closed;
      await decodeAll(this.#items, this.#store, { size: this.size, corrupt, onSkip, onProgress, isClosed });
      this.#draws.weigh();
    } finally {
      // What was decoded is decoded, also if one picture made it fail.
      await this.#store.publish();
    }
  }

  length(split: SplitName): number {
    return this.#items.split(split).length;
  }

  isLabelled(split: SplitName): boolean {
    return this.#items.isLabelled(split);
  }

  labels(split: SplitName): Int32Array {
    return this.#items.labelsOf(this.#items.split(split));
  }

  targets(split: SplitName): Float32Array {
    return this.#items.targetsOf(this.#items.split(split));
  }

  file(split: SplitName, index: number): string {
    return this.#items.item(split, index).file;
  }

  notice(message: string): void {
    this.#options.onNotice?.(message);
  }

  batchCount(split: SplitName, options?: PassOptions): number {
    return this.#draws.draw(split, options).batches;
  }

  order(split: SplitName, options?: PassOptions): Int32Array {
    return this.#draws.draw(split, options).order();
  }

  async *batches(split: SplitName, options?: PassOptions): AsyncGenerator<ImageBatch> {
    await this.prepare();
    if (this.#closed) throw new UserError('This data bunch is closed; make a new one');
    const draw = this.#draws.draw(split, options);
    const { pass } = draw;
    const order = draw.order();
    const streams = draw.streams(order);
    const ahead = batchesAhead(pass.batchSize * 3 * pass.size ** 2, this.#options.workers);
    yield* prefetch(Math.max(0, draw.batches - pass.startBatch), ahead, (i) => {
      const first = (pass.startBatch + i) * pass.batchSize;
      const last = first + pass.batchSize;
      return this.#batch(split, order.slice(first, last), streams.slice(first, last), pass);
    });
  }

  /** Ends the threads and lets go of memory and open files. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#pool.close();
    await this.#store.close();
  }

  async #batch(split: SplitName, indices: Int32Array, streams: Int32Array, pass: ResolvedPass): Promise<ImageBatch> {
    const items = Array.from(indices, (index) => this.#items.item(split, index));
    const images = await this.#renderer.render(
      items.map(({ file }) => file),
      streams,
      pass,
    );
    const targets = this.task === 'single-label' ? {} : { targets: this.#items.targetsOf(items) };
    return { images, labels: this.#items.labelsOf(items), ...targets, indices, n: indices.length };
  }
}
