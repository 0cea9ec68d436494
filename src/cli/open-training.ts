import type { BunchOptions, ImageDataBunch } from '../data/index.js';
import type { Architecture } from '../nn/architecture.js';
import { transformsOf } from './augmentation.js';
import { openSource } from './open-source.js';
import type { TrainOptions } from './train-options.js';

/** Opens the pictures of a run as its network takes them. */
export function openTraining(
  options: TrainOptions,
  arch: Architecture,
  told: Pick<BunchOptions, 'onProgress' | 'onNotice'>,
): Promise<ImageDataBunch> {
  return openSource(options, {
    size: options.size,
    // Enlarging tiny pictures helps networks that know larger ones.
    ...(options.pretrained ? {} : { sizeRule: { enlarge: false, least: arch.minSize, step: arch.sizeStep } }),
    bs: options.bs,
    seed: options.seed,
    limitPerClass: options.limitPerClass,
    validLimitPerClass: options.validLimitPerClass,
    corrupt: options.corrupt,
    truncated: options.truncated,
    maxPixels: options.maxPixels,
    workers: options.workers,
    resizeMethod: options.resize,
    paddingMode: options.padding,
    dsTfms: transformsOf(options),
    ...told,
  });
}
