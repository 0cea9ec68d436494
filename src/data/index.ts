/** Pictures, labels, splits, transforms and batches. */

export { cacheHome } from '../runtime/node/cache-home.js';
export * from './augment/index.js';
export type { Balance } from './balance.js';
export type { Augmentation, DataBunch, ImageBatch, ImageStats, PassOptions, SplitName, Task } from './batch.js';
export { type ClassWeightOptions, classWeights } from './class-weights.js';
export type { Framing, PaddingMode, ResizeMethod } from './framing.js';
export type { Item, LabelledFiles, Skipped } from './item.js';
export { type KnownSetName, URLs } from './known-sets.js';
export { type UnpackOptions, unpackArchive } from './node/archive.js';
export { ImageDataBunch } from './node/image-data-bunch.js';
export { type LoadImageOptions, loadImage } from './node/load-image.js';
export type { BunchOptions, FolderOptions } from './node/options.js';
export { probeSize } from './node/probe-size.js';
export { generateSampleSet, SAMPLE_CLASSES, type SampleSetOptions } from './node/sample-set.js';
export { type UntarOptions, untarData } from './node/untar-data.js';
export type { OnProgress, Progress } from './progress.js';
export { imagenetStats } from './stats.js';
export { getTransforms, type TransformOptions, type Transforms } from './transforms.js';
