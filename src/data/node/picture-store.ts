import { availableParallelism } from 'node:os';
import { BaseCache, type StoredPicture, storeAlone } from './base-cache.js';
import { type DecodedPicture, decodePicture } from './decode.js';
import { Limiter } from './limiter.js';

/** Decoded pictures by file and size: out of the cache, or decoded with a bounded number in flight. */
export class PictureStore {
  readonly #cache: BaseCache;
  readonly #limiter = new Limiter(Math.max(4, availableParallelism()));

  constructor(cacheBytes: number) {
    this.#cache = new BaseCache(cacheBytes);
  }

  /** A picture whose short side is `size`. Rejects with a PictureError if it cannot be decoded. */
  async load(file: string, size: number): Promise<StoredPicture> {
    return (
      this.#cache.get(file, size) ?? this.#decode(file, size, (p) => this.#cache.put(file, size, p) ?? storeAlone(p))
    );
  }

  /** Decodes a picture into the cache, or only checks it if there is no room left. Rejects as `load` does. */
  async check(file: string, size: number): Promise<void> {
    if (this.#cache.get(file, size) === undefined) {
      await this.#decode(file, size, (picture) => this.#cache.put(file, size, picture));
    }
  }

  clear(): void {
    this.#cache.clear();
  }

  #decode<T>(file: string, size: number, keep: (picture: DecodedPicture) => T): Promise<T> {
    return this.#limiter.run(async () => keep(await decodePicture(file, size)));
  }
}
