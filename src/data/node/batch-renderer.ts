import { messageOf, UserError } from '../../core/errors.js';
import type { ResolvedPass } from '../pass-plan.js';
import { type PixelSource, RenderError, type RenderJob } from '../render.js';
import type { PictureStore } from './picture-store.js';
import type { RenderPool } from './render-pool.js';
import type { StoredPicture } from './stored-picture.js';

/** Makes the pictures of batches: fetches them from the store and has the pool cut and alter them. */
export class BatchRenderer {
  constructor(
    private readonly store: PictureStore,
    private readonly pool: RenderPool,
    /** What is the same for all batches. */
    private readonly look: Pick<RenderJob, 'seed' | 'framing' | 'transforms'>,
  ) {}

  /**
   * RGB planes, uint8, [n, 3, size, size], of these files. Those whose stored bytes are damaged are decoded again.
   *
   * @param streams the random stream of each picture, [n]
   */
  async render(files: readonly string[], streams: Int32Array, pass: ResolvedPass): Promise<Uint8Array> {
    for (;;) {
      const pictures = await Promise.all(files.map((file) => this.#load(file, pass.size)));
      try {
        return await this.pool.render(this.#job(pictures, streams, pass));
      } catch (error) {
        const file = error instanceof RenderError ? files[error.picture] : undefined;
        if (!(error instanceof RenderError) || file === undefined) throw error;
        if (!error.lost) throw new Error(`${file} cannot be rendered: ${error.message}`, { cause: error });
        // It is decoded again then; as each is forgotten once, this ends.
        await this.store.forget(file);
      }
    }
  }

  async #load(file: string, size: number): Promise<StoredPicture> {
    try {
      return await this.store.load(file, size);
    } catch (error) {
      throw new UserError(`${file} was fine before and cannot be read now: ${messageOf(error)}`, { cause: error });
    }
  }

  #job(pictures: readonly StoredPicture[], streams: Int32Array, pass: ResolvedPass): RenderJob {
    const numbers = new Map<PixelSource, number>();
    const places = new Float64Array(5 * pictures.length);
    pictures.forEach(({ source, start, width, height, checksum }, i) => {
      const number = numbers.get(source) ?? numbers.size;
      numbers.set(source, number);
      places.set([number, start, width, height, checksum], 5 * i);
    });
    return {
      size: pass.size,
      seed: this.look.seed,
      epoch: pass.epoch,
      framing: this.look.framing,
      augmentation: pass.augmentation,
      transforms: this.look.transforms,
      indices: streams,
      sources: [...numbers.keys()],
      places,
    };
  }
}
