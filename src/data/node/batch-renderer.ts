import { messageOf, UserError } from '../../core/errors.js';
import { partCustom, runCustom } from '../augment/custom.js';
import type { Transform, TransformOf } from '../augment/transform.js';
import type { ResolvedPass } from '../pass-plan.js';
import { type PixelSource, RenderError, type RenderJob, transformsOf } from '../render.js';
import type { Transforms } from '../transforms.js';
import type { PictureStore } from './picture-store.js';
import type { RenderPool } from './render-pool.js';
import type { StoredPicture } from './stored-picture.js';

/** Makes the pictures of batches: fetches them from the store and has the pool cut and alter them. */
export class BatchRenderer {
  constructor(
    private readonly store: PictureStore,
    private readonly pool: RenderPool,
    /** What is the same for all batches. */
    private readonly look: Pick<RenderJob, 'seed' | 'framing'> & { readonly transforms: Transforms },
  ) {}

  /**
   * RGB planes, uint8, [n, 3, size, size], of these files. Those whose stored bytes are damaged are decoded again.
   *
   * @param streams the random stream of each picture, [n]
   */
  async render(files: readonly string[], streams: Int32Array, pass: ResolvedPass): Promise<Uint8Array> {
    const { data, functions } = partCustom(transformsOf(pass.augmentation, this.look.transforms));
    for (;;) {
      const pictures = await Promise.all(files.map((file) => this.#load(file, pass.size)));
      try {
        const { seed, framing } = this.look;
        const images = await this.pool.render(renderJob(pictures, streams, data, { ...pass, seed, framing }));
        if (functions.length > 0) this.#runCustom(functions, images, files, streams, pass);
        return images;
      } catch (error) {
        const file = error instanceof RenderError ? files[error.picture] : undefined;
        if (!(error instanceof RenderError) || file === undefined) throw error;
        if (!error.lost) throw new Error(`${file} cannot be rendered: ${error.message}`, { cause: error });
        // It is decoded again then; as each is forgotten once, this ends.
        await this.store.forget(file);
      }
    }
  }

  #runCustom(
    functions: readonly TransformOf<'custom'>[],
    images: Uint8Array,
    files: readonly string[],
    streams: Int32Array,
    { augmentation, epoch, size }: ResolvedPass,
  ): void {
    const bytes = 3 * size * size;
    const names = { seed: this.look.seed, epoch, ...(augmentation.kind === 'tta' ? { pass: augmentation.pass } : {}) };
    files.forEach((file, i) => {
      try {
        const square = images.subarray(i * bytes, (i + 1) * bytes);
        runCustom(functions, square, size, { ...names, index: streams[i] ?? 0 });
      } catch (error) {
        throw new UserError(`a custom transform failed on ${file}: ${messageOf(error)}`, { cause: error });
      }
    });
  }

  async #load(file: string, size: number): Promise<StoredPicture> {
    try {
      return await this.store.load(file, size);
    } catch (error) {
      throw new UserError(`${file} was fine before and cannot be read now: ${messageOf(error)}`, { cause: error });
    }
  }
}

/**
 * The job of rendering decoded pictures.
 *
 * @param streams the random stream of each picture, [n]
 * @param transforms of this pass, without functions
 */
export function renderJob(
  pictures: readonly StoredPicture[],
  streams: Int32Array,
  transforms: readonly Transform[],
  { seed, epoch, size, framing, augmentation }: Pick<RenderJob, 'seed' | 'epoch' | 'size' | 'framing' | 'augmentation'>,
): RenderJob {
  const numbers = new Map<PixelSource, number>();
  const places = new Float64Array(5 * pictures.length);
  pictures.forEach(({ source, start, width, height, checksum }, i) => {
    const number = numbers.get(source) ?? numbers.size;
    numbers.set(source, number);
    places.set([number, start, width, height, checksum], 5 * i);
  });
  return {
    ...{ size, seed, epoch, framing, augmentation, transforms },
    indices: streams,
    sources: [...numbers.keys()],
    places,
  };
}
