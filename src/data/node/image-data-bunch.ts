import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, UserError } from '../../core/errors.js';
import { occurrences, type Sampling, samplingOf } from '../balance.js';
import type { DataBunch, ImageBatch, ImageStats, PassOptions, SplitName, Task } from '../batch.js';
import type { Framing } from '../framing.js';
import type { LabelledFiles, Skipped } from '../item.js';
import { ItemSet, SPLITS } from '../item-set.js';
import { countBatches, passOrder, type ResolvedPass, resolvePass } from '../pass-plan.js';
import { batchesAhead, prefetch } from '../prefetch.js';
import type { OnProgress } from '../progress.js';
import type { Transforms } from '../transforms.js';
import { BatchRenderer } from './batch-renderer.js';
import type { DecodeOptions } from './decode.js';
import { readLayout } from './folder-layout.js';
import { mapBounded } from './map-bounded.js';
import {
  type BunchOptions,
  type FolderOptions,
  type ResolvedBunchOptions,
  resolveBunchOptions,
  resolveFolderOptions,
} from './options.js';
import { pictureFolder } from './picture-folder.js';
import { PictureStore } from './picture-store.js';
import { probeSize } from './probe-size.js';
import { RenderPool } from './render-pool.js';

/** The store bounds the decoding itself; a few more lanes keep it fed. */
const DECODE_LANES = 32;

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
  readonly seed: number;
  readonly framing: Framing;
  readonly transforms: Transforms;
  readonly #items: ItemSet;
  readonly #options: ResolvedBunchOptions;
  readonly #decoding: DecodeOptions;
  readonly #store: PictureStore;
  readonly #pool: RenderPool;
  readonly #renderer: BatchRenderer;
  /** The folder that the pictures are in. */
  readonly #root: string;
  #stats: ImageStats | undefined;
  #sampling: { readonly of: Sampling | undefined } | undefined;
  #prepared: Promise<void> | undefined;
  #closed = false;

  private constructor(root: string, files: LabelledFiles, size: number, options: ResolvedBunchOptions) {
    this.#root = root;
    this.size = size;
    this.bs = options.bs;
    this.seed = options.seed;
    this.framing = options.framing;
    this.transforms = options.dsTfms;
    this.#stats = options.stats;
    this.#items = new ItemSet(files);
    this.#options = options;
    this.#decoding = { ...options.decoding, resizeMethod: this.framing.resizeMethod };
    this.#store = new PictureStore(options.cacheBytes, this.#decoding);
    this.#pool = new RenderPool(options.workers);
    this.#renderer = new BatchRenderer(this.#store, this.#pool, this);
  }

  /**
   * Reads a folder, or a .tgz, .tar.gz, .tar or .zip, of pictures: `train/CLASS/…` with `valid/CLASS/…` (and
   * `test/CLASS/…`), or `CLASS/…` alone. Classes are in the order of their names' code points.
   *
   * Throws a UserError that says what to do if the path, the archive, the layout, a picture or an option is no good.
   */
  static async fromFolder(path: string, options: FolderOptions = {}): Promise<ImageDataBunch> {
    const resolved = resolveFolderOptions(options);
    const folder = await pictureFolder(path, resolved);
    return ImageDataBunch.fromLabelledFiles(folder, await readLayout(folder, resolved), options);
  }

  /**
   * A bunch of files that are labelled and split already.
   *
   * @param root the folder that the pictures are in: names what is kept of them on the disk
   */
  static async fromLabelledFiles(
    root: string,
    files: LabelledFiles,
    options: BunchOptions = {},
  ): Promise<ImageDataBunch> {
    const resolved = resolveBunchOptions(options);
    if (resolved.corrupt === 'error') throwIfAny(files.unsupported);
    for (const skipped of files.unsupported) resolved.onSkip?.(skipped);
    const size = resolved.size ?? (await probeSize(files.splits.train.map(({ file }) => file)));
    const bunch = new ImageDataBunch(await realpath(root), files, size, resolved);
    try {
      // Weights that are no good are told before pictures are decoded.
      bunch.#trainSampling();
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
      await this.#decodeAll(onProgress);
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
    const { pass, count } = this.#plan(split, options);
    return countBatches(count, pass);
  }

  order(split: SplitName, options?: PassOptions): Int32Array {
    const { pass, sampling } = this.#plan(split, options);
    return sampling?.order(this.seed, pass.epoch) ?? passOrder(this.length(split), this.seed, pass);
  }

  async *batches(split: SplitName, options?: PassOptions): AsyncGenerator<ImageBatch> {
    await this.prepare();
    if (this.#closed) throw new UserError('This data bunch is closed; make a new one');
    const { pass, sampling } = this.#plan(split, options);
    const order = this.order(split, options);
    // What is shown again is altered in another way.
    const again = sampling === undefined ? undefined : occurrences(order, this.length(split));
    const streams = again === undefined ? order : order.map((at, i) => at + (again[i] ?? 0) * this.length(split));
    const count = Math.max(0, countBatches(order.length, pass) - pass.startBatch);
    const ahead = batchesAhead(pass.batchSize * 3 * pass.size ** 2, this.#options.workers);
    yield* prefetch(count, ahead, (i) => {
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

  /** A pass with its defaults, how many pictures it shows, and how they are drawn if not each once. */
  #plan(
    split: SplitName,
    options?: PassOptions,
  ): { pass: ResolvedPass; count: number; sampling: Sampling | undefined } {
    const sampling = split === 'train' && (options?.shuffle ?? true) ? this.#trainSampling() : undefined;
    const count = sampling?.count ?? this.length(split);
    return { pass: resolvePass(split, count, { bs: this.bs, size: this.size }, options), count, sampling };
  }

  #trainSampling(): Sampling | undefined {
    this.#sampling ??= { of: samplingOf(this.#options.balance, this.#items) };
    return this.#sampling.of;
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

  async #decodeAll(onProgress: OnProgress | undefined): Promise<void> {
    const total = SPLITS.reduce((sum, split) => sum + this.length(split), 0);
    let done = 0;
    for (const split of SPLITS) {
      const reasons = await mapBounded(this.#items.split(split), DECODE_LANES, async ({ file }) => {
        const reason = this.#closed
          ? 'closed'
          : await this.#store.check(file, this.size).then(() => undefined, messageOf);
        if (reason !== undefined && this.#options.corrupt === 'error') throwIfAny([{ file, reason }]);
        onProgress?.({ stage: 'decode', done: ++done, total });
        return reason;
      });
      if (this.#closed) throw new UserError('This data bunch was closed while its pictures were being read');
      const before = this.#items.skipped.length;
      try {
        this.#items.leaveOut(split, reasons);
      } finally {
        for (const skipped of this.#items.skipped.slice(before)) this.#options.onSkip?.(skipped);
      }
    }
    this.#sampling = undefined;
  }
}

function throwIfAny([first]: readonly Skipped[]): void {
  if (first === undefined) return;
  throw new UserError(
    `${first.file} cannot be used: ${first.reason}. Remove it, or set corrupt: 'skip' to leave such files out.`,
  );
}
