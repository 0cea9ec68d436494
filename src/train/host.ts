import type { Transform } from '../data/augment/transform.js';
import type { Framing } from '../data/framing.js';
import type { WeightFile } from '../nn/architecture.js';
import type { LoadedWeights } from '../nn/weights/read.js';
import type { Device } from '../runtime/device.js';
import type { OnDownload } from '../runtime/download.js';
import type { MeasuredChoices } from './feature-precision.js';

/** Files, as callbacks and the learner use them. */
export interface LearnerFiles {
  /** @throws {UserError} if it is not there or cannot be read */
  readFile(path: string): Promise<Uint8Array>;
  /**
   * Writes a file whole or not at all.
   *
   * @param options.keep where the file that is replaced goes; by default it is gone
   */
  writeFile(path: string, bytes: Uint8Array | string, options?: { readonly keep?: string | undefined }): Promise<void>;
  /** Writes at the end of a file. */
  appendFile(path: string, bytes: Uint8Array | string): Promise<void>;
}

/** What a learner needs of where it runs: Node, or another host with files and pictures. */
export interface LearnerHost extends LearnerFiles {
  createDevice(): Device;
  readonly choices: MeasuredChoices;
  /** A picture as uint8 RGB planes [3, size, size], cut and scaled as validation pictures are. */
  loadImage(
    source: string | Uint8Array,
    size: number,
    options: Framing & { readonly transforms: readonly Transform[] },
  ): Promise<Uint8Array>;
  /** A user's file of weights, in any of the formats that `readWeightBytes` knows. */
  readWeights(path: string): Promise<LoadedWeights>;
  /** Published weights: from the package, from the cache, or downloaded. */
  pretrainedWeights(weights: WeightFile, onDownload?: OnDownload): Promise<LoadedWeights>;
}
