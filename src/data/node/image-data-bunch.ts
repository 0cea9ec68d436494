import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, UserError } from '../../core/errors.js';
import type { DataBunch, ImageBatch, PassOptions, SplitName } from '../batch.js';
import type { Framing } from '../framing.js';
import { countBatches, passOrder, type ResolvedPass, resolvePass } from '../pass-plan.js';
import { batchesAhead, prefetch } from '../prefetch.js';
import type { OnProgress } from '../progress.js';
import { type PixelSource, RenderError, type RenderJob } from '../render.js';
import type { Transforms } from '../transforms.js';
import { type Item, type LabelledFiles, readLayout, type Skipped } from './folder-layout.js';
import { type FolderOptions, type ResolvedFolderOptions, resolveFolderOptions } from './options.js';
import { pictureFolder } from './picture-folder.js';
import { PictureStore } from './picture-store.js';
import { probeSize } from './probe-size.js';
import { RenderPool } from './render-pool.js';
import type { StoredPicture } from './stored-picture.js';

const SPLITS: readonly SplitName[] = ['train', 'valid', 'test'];

/**
 * Pictures in folders, one folder for each class.
 *
 * Decoded pictures (no larger than they are shown) are kept on the disk, where a later run finds them, or in
 * shared memory where that cannot be; threads enlarge, cut, flip, warp and light them into batches. Two bunches with the
 * same files, options and seed give the same bytes, whatever the number of threads.
 *
 * Memory: `cacheBytes` at most for decoded pictures, and batches ahead of the reader up to 256 MiB (one, if it is larger).
 */
export class ImageDataBunch implements DataBunch {
  readonly classes: readonly string[];
  readonly size: number;
  readonly bs: number;
  readonly seed: number;
  readonly framing: Framing;
  readonly transforms: Transforms;
  readonly #skipped: Skipped[];
  readonly #items: Record<SplitName, readonly Item[]>;
  readonly #options: ResolvedFolderOptions;
  readonly #store: PictureStore;
  readonly #pool: RenderPool;
  /** The folder that the pictures are in. */
  readonly #root: string;
  #prepared: Promise<void> | undefined;
  #closed = false;

  private constructor(root: string, files: LabelledFiles, size: number, options: ResolvedFolderOptions) {
    this.#root = root;
    this.classes = files.classes;
    this.size = size;
    this.bs = options.bs;
    this.seed = options.seed;
    this.framing = options.framing;
    this.transforms = options.dsTfms;
    this.#items = { ...files.splits };
    this.#options = options;
    this.#skipped = [...files.unsupported];
    this.#store = new PictureStore(options.cacheBytes, this.framing.resizeMethod);
    this.#pool = new RenderPool(options.workers);
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
    const files = await readLayout(folder, resolved);
    if (resolved.corrupt === 'error') throwIfAny(files.unsupported);
    for (const skipped of files.unsupported) resolved.onSkip?.(skipped);
    const size = resolved.size ?? (await probeSize(files.splits.train.map(({ file }) => file)));
    const bunch = new ImageDataBunch(await realpath(folder), files, size, resolved);
    try {
      if (resolved.prepare) await bunch.prepare();
    } catch (error) {
      await bunch.close();
      throw error;
    }
    return bunch;
  }

  /** Files that were left out; complete after `prepare`. */
  get skipped(): readonly Skipped[] {
    return this.#skipped;
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
      const files = SPLITS.flatMap((split) => this.#items[split].map(({ file }) => file));
      await this.#store.openDisk(
        { home, root: this.#root, size: this.size, resizeMethod: this.framing.resizeMethod, maxBytes, onNotice },
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
    return this.#items[split].length;
  }

  labels(split: SplitName): Int32Array {
    return Int32Array.from(this.#items[split], ({ label }) => label);
  }

  file(split: SplitName, index: number): string {
    return this.#item(split, index).file;
  }

  batchCount(split: SplitName, options?: PassOptions): number {
    return countBatches(this.length(split), this.#resolve(split, options));
  }

  async *batches(split: SplitName, options?: PassOptions): AsyncGenerator<ImageBatch> {
    await this.prepare();
    if (this.#closed) throw new UserError('This data bunch is closed; make a new one');
    const pass = this.#resolve(split, options);
    const order = passOrder(this.length(split), this.seed, pass);
    const count = Math.max(0, countBatches(order.length, pass) - pass.startBatch);
    const ahead = batchesAhead(pass.batchSize * 3 * pass.size ** 2, this.#options.workers);
    yield* prefetch(count, ahead, (i) => {
      const first = (pass.startBatch + i) * pass.batchSize;
      return this.#batch(split, order.slice(first, first + pass.batchSize), pass);
    });
  }

  /** Ends the threads and lets go of memory and open files. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#pool.close();
    await this.#store.close();
  }

  #resolve(split: SplitName, options?: PassOptions): ResolvedPass {
    return resolvePass(split, this.length(split), { bs: this.bs, size: this.size }, options);
  }

  #item(split: SplitName, index: number): Item {
    const item = this.#items[split][index];
    if (item === undefined) {
      throw new UserError(`The ${split} split has no picture ${index}; it has ${this.length(split)}`);
    }
    return item;
  }

  async #batch(split: SplitName, indices: Int32Array, pass: ResolvedPass): Promise<ImageBatch> {
    const items = Array.from(indices, (index) => this.#item(split, index));
    const images = await this.#render(items, indices, pass);
    return { images, labels: Int32Array.from(items, ({ label }) => label), indices, n: indices.length };
  }

  async #render(items: readonly Item[], indices: Int32Array, pass: ResolvedPass): Promise<Uint8Array> {
    for (;;) {
      const pictures = await Promise.all(items.map(({ file }) => this.#load(file, pass.size)));
      try {
        return await this.#pool.render(this.#job(pictures, indices, pass));
      } catch (error) {
        const file = error instanceof RenderError ? items[error.picture]?.file : undefined;
        if (!(error instanceof RenderError) || file === undefined) throw error;
        if (!error.lost) throw new Error(`${file} cannot be rendered: ${error.message}`, { cause: error });
        // It is decoded again then; as each is forgotten once, this ends.
        await this.#store.forget(file);
      }
    }
  }

  async #load(file: string, size: number): Promise<StoredPicture> {
    try {
      return await this.#store.load(file, size);
    } catch (error) {
      throw new UserError(`${file} was fine before and cannot be read now: ${messageOf(error)}`, { cause: error });
    }
  }

  #job(pictures: readonly StoredPicture[], indices: Int32Array, pass: ResolvedPass): RenderJob {
    const numbers = new Map<PixelSource, number>();
    const places = new Float64Array(5 * pictures.length);
    pictures.forEach(({ source, start, width, height, checksum }, i) => {
      const number = numbers.get(source) ?? numbers.size;
      numbers.set(source, number);
      places.set([number, start, width, height, checksum], 5 * i);
    });
    return {
      size: pass.size,
      seed: this.seed,
      epoch: pass.epoch,
      framing: this.framing,
      augmentation: pass.augmentation,
      transforms: this.transforms,
      indices,
      sources: [...numbers.keys()],
      places,
    };
  }

  async #decodeAll(onProgress: OnProgress | undefined): Promise<void> {
    const total = SPLITS.reduce((sum, split) => sum + this.length(split), 0);
    let done = 0;
    for (const split of SPLITS) {
      const items = this.#items[split];
      const reasons = await mapBounded(items, async ({ file }) => {
        const reason = this.#closed
          ? 'closed'
          : await this.#store.check(file, this.size).then(() => undefined, messageOf);
        if (reason !== undefined && this.#options.corrupt === 'error') throwIfAny([{ file, reason }]);
        onProgress?.({ stage: 'decode', done: ++done, total });
        return reason;
      });
      if (this.#closed) throw new UserError('This data bunch was closed while its pictures were being read');
      items.forEach(({ file }, i) => {
        const reason = reasons[i];
        if (reason !== undefined) this.#skip({ file, reason });
      });
      this.#items[split] = items.filter((_, i) => reasons[i] === undefined);
      this.#checkLeft(split, items);
    }
  }

  #skip(skipped: Skipped): void {
    this.#skipped.push(skipped);
    this.#options.onSkip?.(skipped);
  }

  /** Nothing can be learnt of a class, or measured on a split, whose pictures are all damaged. */
  #checkLeft(split: SplitName, before: readonly Item[]): void {
    const left = new Set(this.#items[split].map(({ label }) => label));
    const lost = new Set(before.map(({ label }) => label).filter((label) => !left.has(label)));
    if (before.length === 0 || (left.size > 0 && (split !== 'train' || lost.size === 0))) return;
    const what = left.size === 0 ? '' : ` of ${[...lost].map((label) => `"${this.classes[label]}"`).join(', ')}`;
    const first = this.#skipped.at(-1);
    throw new UserError(
      `None of the pictures${what} in the ${split} split can be read${first ? `, e.g. ${first.file}: ${first.reason}` : ''}`,
    );
  }
}

function throwIfAny([first]: readonly Skipped[]): void {
  if (first === undefined) return;
  throw new UserError(
    `${first.file} cannot be used: ${first.reason}. Remove it, or set corrupt: 'skip' to leave such files out.`,
  );
}

/** Maps with a bounded number of tasks under way; stops starting new ones after a failure. */
async function mapBounded<T, R>(items: readonly T[], task: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const entries = items.entries();
  let failed = false;
  const lane = async (): Promise<void> => {
    for (const [i, item] of entries) {
      if (failed) return;
      try {
        results[i] = await task(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  // The store bounds the decoding itself; a few more lanes keep it fed.
  await Promise.all(Array.from({ length: 32 }, lane));
  return results;
}
