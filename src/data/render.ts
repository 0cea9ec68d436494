import { messageOf } from '../core/errors.js';
import { Rng, Stream } from '../core/rng.js';
import type { Transform } from './augment/transform.js';
import type { Augmentation } from './batch.js';
import type { Extent, Framing } from './framing.js';
import { threadSampler } from './sampler.js';
import { type Transforms, ttaTransforms } from './transforms.js';
import { drawView } from './view.js';

/** Where decoded pictures lie: memory, or the number of an open file. */
export type PixelSource = SharedArrayBuffer | number;

/** Fills `target` with the bytes of a source from `start` on. */
export type ReadPixels = (source: PixelSource, start: number, target: Uint8Array) => void;

/** In `RenderJob.places`: the picture has no checksum. */
export const NO_CHECKSUM = -1;

/** One batch to be cut and augmented out of decoded pictures; plain data, so that it can go to another thread. */
export interface RenderJob {
  /** Side of the output pictures in pixels. */
  readonly size: number;
  readonly seed: number;
  readonly epoch: number;
  readonly framing: Framing;
  readonly augmentation: Augmentation;
  /** Of this pass, without functions. */
  readonly transforms: readonly Transform[];
  /** Names the random stream of each picture, [n]: its position in its split, and others where a pass shows it again. */
  readonly indices: Int32Array;
  /** What holds the decoded pictures, interleaved RGB. */
  readonly sources: readonly PixelSource[];
  /** For each picture: number of its source, first byte, width, height, checksum; [n, 5]. */
  readonly places: Float64Array;
}

/** A picture of a batch could not be made. */
export class RenderError extends Error {
  override readonly name = 'RenderError';

  /**
   * @param picture its position in the batch
   * @param lost whether its stored bytes are gone or damaged, so that decoding it again helps
   */
  constructor(
    message: string,
    readonly picture: number,
    readonly lost: boolean,
  ) {
    super(message);
  }
}

/**
 * Renders a batch: RGB planes, uint8, [n, 3, size, size], in fresh memory.
 *
 * What a picture gets depends on the seed, the epoch and its index alone, so any thread may render any batch.
 */
export function renderBatch(job: RenderJob, read: ReadPixels): Uint8Array<ArrayBuffer> {
  const { size, indices, transforms } = job;
  const images = new Uint8Array(indices.length * 3 * size * size);
  for (let i = 0; i < indices.length; i++) {
    const extent = loadBase(job, i, read);
    try {
      const view = drawView(randomOf(job, indices[i] ?? 0), transforms, extent, size, job.framing);
      threadSampler().render(view, images, i * 3 * size * size, size);
    } catch (error) {
      throw new RenderError(messageOf(error), i, false);
    }
  }
  return images;
}

/** Puts a base picture into the sampler's memory. */
function loadBase({ sources, places }: RenderJob, i: number, read: ReadPixels): Extent {
  const [number = 0, start = 0, width = 0, height = 0, checksum = NO_CHECKSUM] = places.subarray(5 * i, 5 * i + 5);
  const source = sources[number];
  if (source === undefined) throw new RenderError(`there is no source ${number}`, i, false);
  const sampler = threadSampler();
  try {
    read(source, start, sampler.base({ width, height }));
  } catch (error) {
    throw new RenderError(messageOf(error), i, true);
  }
  if (checksum !== NO_CHECKSUM && sampler.checksum() !== checksum) {
    throw new RenderError('its decoded pixels have changed on the disk', i, true);
  }
  return { width, height };
}

/** The transforms of a kind of pass. */
export function transformsOf(augmentation: Augmentation, transforms: Transforms): readonly Transform[] {
  switch (augmentation.kind) {
    case 'train':
      return transforms.train;
    case 'none':
      return transforms.valid;
    case 'tta':
      return ttaTransforms(transforms.train, augmentation.pass, augmentation.scale);
  }
}

function randomOf({ seed, epoch, augmentation }: RenderJob, index: number): Rng {
  // The pass is part of a test-time stream's name: its warps differ from pass to pass.
  return augmentation.kind === 'tta'
    ? new Rng(seed, Stream.augment, epoch, index, augmentation.pass)
    : new Rng(seed, Stream.augment, epoch, index);
}
