import { Rng, Stream } from '../core/rng.js';
import type { Augmentation } from './batch.js';
import { renderView } from './sampler.js';
import { type Transform, type Transforms, ttaTransforms } from './transforms.js';
import { drawView } from './view.js';

/** One batch to be cut and augmented out of decoded pictures; plain data, so that it can go to another thread. */
export interface RenderJob {
  /** Side of the output pictures in pixels. */
  readonly size: number;
  readonly seed: number;
  readonly epoch: number;
  readonly augmentation: Augmentation;
  readonly transforms: Transforms;
  /** The position of each picture in its split, [n]: names its random stream. */
  readonly indices: Int32Array;
  /** Memory that holds decoded pictures, interleaved RGB. */
  readonly buffers: readonly SharedArrayBuffer[];
  /** For each picture: number of its buffer, first byte, width, height; [n, 4]. */
  readonly places: Float64Array;
}

/**
 * Renders a batch: RGB planes, uint8, [n, 3, size, size], in fresh memory.
 *
 * What a picture gets depends on the seed, the epoch and its index alone, so any thread may render any batch.
 */
export function renderBatch(job: RenderJob): Uint8Array<ArrayBuffer> {
  const { size, indices, places } = job;
  const transforms = transformsOf(job.augmentation, job.transforms);
  const views = job.buffers.map((buffer) => new Uint8Array(buffer));
  const images = new Uint8Array(indices.length * 3 * size * size);
  indices.forEach((index, i) => {
    const [buffer = 0, start = 0, width = 0, height = 0] = places.subarray(4 * i, 4 * i + 4);
    const pixels = views[buffer];
    if (pixels === undefined)
      throw new RangeError(`picture ${i} of the batch names buffer ${buffer}, which is not there`);
    const view = drawView(randomOf(job, index), transforms, width, height, size);
    renderView({ pixels, start, width, height }, view, images, i * 3 * size * size, size);
  });
  return images;
}

function transformsOf(augmentation: Augmentation, transforms: Transforms): readonly Transform[] {
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
