import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { BaseCache } from './base-cache.js';
import { type DecodedPicture, type DecodeOptions, decodePicture } from './decode.js';
import { DiskCache, type DiskCacheOptions } from './disk-cache.js';
import { Limiter } from './limiter.js';
import { type StoredPicture, storeAlone } from './stored-picture.js';

/**
 * Decoded pictures by file and size: on the disk for the size that was prepared, else in shared memory while there is
 * room, else decoded each time, with a bounded number in flight.
 */
export class PictureStore {
  readonly #memory: BaseCache;
  readonly #limiter = new Limiter(Math.max(4, availableParallelism()));
  #disk: { readonly cache: DiskCache; readonly size: number } | undefined;

  constructor(
    memoryBytes: number,
    private readonly decoding: DecodeOptions,
  ) {
    this.#memory = new BaseCache(memoryBytes);
  }

  /** Opens what earlier runs have left of these files on the disk. What `check` decodes is added to it. */
  async openDisk(options: DiskCacheOptions, files: readonly string[]): Promise<void> {
    this.#disk = { cache: await DiskCache.open(options, files), size: options.size };
  }

  /** A picture decoded for this size (`decodePicture`). Rejects with a PictureError if it cannot be decoded. */
  async load(file: string, size: number): Promise<StoredPicture> {
    return (
      this.#diskFor(size)?.get(file) ??
      this.#memory.get(file, size) ??
      this.#decode(file, size, (picture) => this.#memory.put(file, size, picture) ?? storeAlone(picture))
    );
  }

  /** Decodes a picture and keeps it if there is room. Rejects as `load` does. */
  async check(file: string, size: number): Promise<void> {
    const disk = this.#diskFor(size);
    if (disk?.get(file) !== undefined || this.#memory.get(file, size) !== undefined) return;
    // Before it is decoded: if it changes meanwhile, it will not look the same.
    const identity = await stat(file).then(
      ({ size: bytes, mtimeMs }) => ({ bytes, mtimeMs }),
      () => undefined,
    );
    await this.#decode(file, size, async (picture) => {
      const kept = identity === undefined ? undefined : await disk?.add(file, identity, picture);
      if (kept === undefined) this.#memory.put(file, size, picture);
    });
  }

  /** Makes what was checked last beyond this run. */
  async publish(): Promise<void> {
    await this.#disk?.cache.publish();
  }

  /** Lets go of a stored picture that is damaged. */
  async forget(file: string): Promise<void> {
    await this.#disk?.cache.forget(file);
  }

  async close(): Promise<void> {
    this.#memory.clear();
    await this.#disk?.cache.close();
  }

  #diskFor(size: number): DiskCache | undefined {
    return this.#disk?.size === size ? this.#disk.cache : undefined;
  }

  #decode<T>(file: string, size: number, keep: (picture: DecodedPicture) => T | Promise<T>): Promise<T> {
    return this.#limiter.run(async () => keep(await decodePicture(file, size, this.decoding)));
  }
}
