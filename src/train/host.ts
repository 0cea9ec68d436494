import type { Device } from '../runtime/device.js';

/** What a learner needs of where it runs: Node, or another host with files and pictures. */
export interface LearnerHost {
  createDevice(): Device;
  /** A picture as uint8 RGB planes [3, size, size], cut and scaled as validation pictures are. */
  loadImage(source: string | Uint8Array, size: number): Promise<Uint8Array>;
  readFile(path: string): Promise<Uint8Array>;
  /** Writes a file whole or not at all. */
  writeFile(path: string, bytes: Uint8Array): Promise<void>;
  /** A file of weights that the package carries. */
  pretrainedWeights(file: string): Promise<Uint8Array>;
}
