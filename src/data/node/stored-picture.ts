import { NO_CHECKSUM, type PixelSource } from '../render.js';
import type { DecodedPicture } from './decode.js';

/** Where a decoded picture lies: interleaved RGB, [height, width, 3] from byte `start` of its source. */
export interface StoredPicture {
  readonly source: PixelSource;
  readonly start: number;
  readonly width: number;
  readonly height: number;
  /** Of its bytes (`Sampler.checksum`), or NO_CHECKSUM where they cannot be damaged. */
  readonly checksum: number;
}

/** A decoded picture in shared memory of its own. */
export function storeAlone({ pixels, width, height }: DecodedPicture): StoredPicture {
  const source = new SharedArrayBuffer(pixels.length);
  new Uint8Array(source).set(pixels);
  return { source, start: 0, width, height, checksum: NO_CHECKSUM };
}
