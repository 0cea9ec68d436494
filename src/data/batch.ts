/** What the learner asks of data: classes, sizes, and batches of pictures. */

import type { Task } from '../core/task.js';
import type { Framing } from './framing.js';
import type { Transforms } from './transforms.js';

export type { Task };

/** Mean and standard deviation of each channel (R, G, B) of pictures from 0 to 1. */
export interface ImageStats {
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

/** A batch of pictures with their labels. */
export interface ImageBatch {
  /** RGB planes, uint8, [n, 3, size, size]. Owned by the receiver. */
  readonly images: Uint8Array;
  /** Single-label: the class index of each picture, -1 for one without a label, [n]. Other tasks: empty. */
  readonly labels: Int32Array;
  /** Multi-label: 0 or 1 for each class; regression: the outputs' values; NaN without a label; [n, c]. Single-label: not there. */
  readonly targets?: Float32Array;
  /** The position of each picture in its split, [n]. */
  readonly indices: Int32Array;
  /** Pictures in this batch. */
  readonly n: number;
}

/** How the pictures of a pass are altered. `tta` is one of fastai's eight test-time passes (corner × flip). */
export type Augmentation =
  | { readonly kind: 'train' }
  | { readonly kind: 'none' }
  | { readonly kind: 'tta'; readonly pass: number; readonly scale: number };

export interface PassOptions {
  /** Pictures in a batch. Default: the bunch's `bs`. */
  readonly batchSize?: number;
  /** Number of the pass: decides shuffling and augmentation together with the bunch's seed. Default 0. */
  readonly epoch?: number;
  /** Default: true for the training split, false otherwise. */
  readonly shuffle?: boolean;
  /** Whether a last, smaller batch is left out. Default: true for the training split if it holds at least one full batch. */
  readonly dropLast?: boolean;
  /** Default: `train` for the training split, `none` otherwise. */
  readonly augmentation?: Augmentation;
  /** Batches to leave out at the start (to resume inside an epoch). Default 0. */
  readonly startBatch?: number;
  /** Side of the square pictures in pixels. Default: the bunch's `size`. */
  readonly size?: number;
}

export type SplitName = 'train' | 'valid' | 'test';

/** A labelled set of pictures, split for training. The learner sees data only through this. */
export interface DataBunch {
  readonly task: Task;
  /** Names of the classes, or of a regression's outputs. */
  readonly classes: readonly string[];
  /** Side of the square pictures in pixels. */
  readonly size: number;
  /** Pictures in a training batch. */
  readonly bs: number;
  readonly seed: number;
  /** How pictures of any shape become squares. */
  readonly framing: Framing;
  readonly transforms: Transforms;
  /** How pictures are normalised. Default: as the pretrained network was trained. */
  readonly stats?: ImageStats | undefined;
  /** Number of pictures in a split, 0 if there is none. */
  length(split: SplitName): number;
  /** Number of batches of a pass, after `dropLast` and before `startBatch`. */
  batchCount(split: SplitName, options?: PassOptions): number;
  /** One pass over a split, batches decoded and augmented ahead of the reader; leaving the loop early stops the work. */
  batches(split: SplitName, options?: PassOptions): AsyncIterable<ImageBatch>;
  /**
   * The positions of the pictures in the order of a pass, before `dropLast` and `startBatch`. A shuffled pass over a balanced
   * training split names some pictures several times, others perhaps not at all; any other pass names each once.
   */
  order(split: SplitName, options?: PassOptions): Int32Array;
  /** Whether it is known what the pictures of a split show; a test set may come without labels. */
  isLabelled(split: SplitName): boolean;
  /** Single-label: the class index of every picture of a split, -1 for one without a label, [n]. Other tasks: empty. */
  labels(split: SplitName): Int32Array;
  /** Multi-label and regression: the targets of every picture of a split, as in a batch, [n, c]. Single-label: empty. */
  targets(split: SplitName): Float32Array;
  /** The file of a picture. */
  file(split: SplitName, index: number): string;
  /** Tells the user what is worth knowing but does no harm. */
  notice(message: string): void;
  /** Ends the workers. */
  close(): Promise<void>;
}
