import { NO_CHECKSUM } from '../render.js';
import type { DecodedPicture } from './decode.js';
import type { StoredPicture } from './stored-picture.js';

interface SizeCache {
  readonly pictures: Map<string, StoredPicture>;
  slab: Uint8Array<SharedArrayBuffer> | undefined;
  used: number;
  bytes: number;
}

const SLAB_BYTES = 32 * 2 ** 20;

/**
 * Decoded pictures in shared memory, so that worker threads read them without a copy.
 *
 * Kept by file and by size; never more than `maxBytes` in all. When the room is used up, the sizes not asked for
 * most recently make way; what still does not fit is simply not kept.
 */
export class BaseCache {
  readonly #maxBytes: number;
  /** Least recently asked for first. */
  readonly #sizes = new Map<number, SizeCache>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes of shared memory held. */
  get bytes(): number {
    return this.#bytes;
  }

  get(file: string, size: number): StoredPicture | undefined {
    return this.#sizes.get(size)?.pictures.get(file);
  }

  /** Copies a picture in and returns where it lies, or undefined if there is no room for it. */
  put(file: string, size: number, picture: DecodedPicture): StoredPicture | undefined {
    const cache = this.#touch(size);
    const known = cache.pictures.get(file);
    if (known !== undefined) return known;
    const { pixels, width, height } = picture;
    if (cache.slab === undefined || cache.slab.length - cache.used < pixels.length) {
      const slab = this.#newSlab(size, pixels.length);
      if (slab === undefined) return undefined;
      cache.slab = slab;
      cache.used = 0;
      cache.bytes += slab.length;
    }
    cache.slab.set(pixels, cache.used);
    const stored = { source: cache.slab.buffer, start: cache.used, width, height, checksum: NO_CHECKSUM };
    cache.used += pixels.length;
    cache.pictures.set(file, stored);
    return stored;
  }

  clear(): void {
    this.#sizes.clear();
    this.#bytes = 0;
  }

  #touch(size: number): SizeCache {
    const cache = this.#sizes.get(size) ?? { pictures: new Map(), slab: undefined, used: 0, bytes: 0 };
    this.#sizes.delete(size);
    this.#sizes.set(size, cache);
    return cache;
  }

  #newSlab(size: number, needed: number): Uint8Array<SharedArrayBuffer> | undefined {
    for (const [other, cache] of this.#sizes) {
      if (this.#maxBytes - this.#bytes >= needed || other === size) break;
      this.#sizes.delete(other);
      this.#bytes -= cache.bytes;
    }
    const room = this.#maxBytes - this.#bytes;
    if (room < needed) return undefined;
    const bytes = Math.max(needed, Math.min(SLAB_BYTES, room));
    this.#bytes += bytes;
    return new Uint8Array(new SharedArrayBuffer(bytes));
  }
}
