import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { messageOf } from '../../core/errors.js';
import type { Augmentation } from '../batch.js';
import type { Framing } from '../framing.js';
import type { Skipped } from '../item.js';
import { transformsOf } from '../render.js';
import type { Transforms } from '../transforms.js';
import { renderJob } from './batch-renderer.js';
import { decodePicture } from './decode.js';
import { Limiter } from './limiter.js';
import { RenderPool } from './render-pool.js';
import { type StoredPicture, storeAlone } from './stored-picture.js';

export interface LooseOptions {
  /** Side of the squares in pixels. */
  readonly size: number;
  readonly framing: Framing;
  /** Without functions of one's own. */
  readonly transforms: Transforms;
  /** Threads that cut and alter; 0 does it on the caller's. */
  readonly workers: number;
  /** What is made of each picture. */
  readonly passes: readonly Augmentation[];
}

/** Some pictures, and what became of them. */
export interface LooseBatch {
  /** Those that could be read, in order. */
  readonly files: readonly string[];
  /** RGB planes of these, for each of the passes: uint8, [files, 3, size, size]. */
  readonly images: readonly Uint8Array[];
  readonly failed: readonly Skipped[];
}

/**
 * Makes batches of pictures that belong to no set: decoded on libuv's threads, rendered on threads of its own. Nothing is kept.
 *
 * What a pass makes of a picture depends on the picture alone, not on those before it.
 */
export class LoosePictures {
  readonly #pool: RenderPool;
  readonly #limiter = new Limiter(Math.max(4, availableParallelism()));

  constructor(private readonly options: LooseOptions) {
    this.#pool = new RenderPool(options.workers);
  }

  async batch(files: readonly string[]): Promise<LooseBatch> {
    const decoded = await Promise.allSettled(files.map((file) => this.#limiter.run(() => this.#decode(file))));
    const good: { file: string; picture: StoredPicture }[] = [];
    const failed: Skipped[] = [];
    decoded.forEach((result, i) => {
      const file = files[i] ?? '';
      if (result.status === 'fulfilled') good.push({ file, picture: result.value });
      else failed.push({ file, reason: messageOf(result.reason) });
    });
    const pictures = good.map(({ picture }) => picture);
    const { size, framing, passes, transforms } = this.options;
    const streams = new Int32Array(pictures.length);
    const images = await Promise.all(
      passes.map((augmentation) =>
        this.#pool.render(
          renderJob(pictures, streams, transformsOf(augmentation, transforms), {
            ...{ seed: 0, epoch: 0, size, framing, augmentation },
          }),
        ),
      ),
    );
    return { files: good.map(({ file }) => file), images, failed };
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    await this.#pool.close();
  }

  async #decode(file: string): Promise<StoredPicture> {
    const found = await stat(file).catch(() => undefined);
    if (found === undefined) throw new Error('there is no such file');
    if (!found.isFile()) throw new Error('it is not a file');
    const { size, framing } = this.options;
    return storeAlone(await decodePicture(file, size, { resizeMethod: framing.resizeMethod }));
  }
}
