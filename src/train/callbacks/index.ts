/** Callbacks that are built in, one file each. */
export { EarlyStopping, type EarlyStoppingOptions } from './early-stopping.js';
export { EMA, type EmaOptions } from './ema.js';
export { GradientAccumulation } from './gradient-accumulation.js';
export { GradientClip } from './gradient-clip.js';
export { JsonLinesLogger } from './json-lines-logger.js';
export { CutMix, MixUp } from './mix.js';
export type { MonitorOptions } from './monitor.js';
export { ProgressiveResizing } from './progressive-resizing.js';
export { ReduceLROnPlateau, type ReduceLROnPlateauOptions } from './reduce-lr-on-plateau.js';
export { SaveModel, type SaveModelOptions } from './save-model.js';
export { StopAfterNBatches } from './stop-after-n-batches.js';
export { SWA, type SwaOptions } from './swa.js';
export { TensorBoardLogger } from './tensorboard-logger.js';
export { NotFiniteError, TerminateOnNaN } from './terminate-on-nan.js';
export { type EpochTimes, Timer } from './timer.js';
