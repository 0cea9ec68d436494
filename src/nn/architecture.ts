import type { Value } from '../graph/types.js';
import type { Forward } from './forward.js';

/** A file of published weights. */
export interface WeightFile {
  /** Its name: in the package's folder `weights`, or in the folder that downloads are kept in. Must be unlike all others. */
  readonly file: string;
  /** Where it is published, http(s); undefined for a file that the package carries. */
  readonly address?: string;
  /** SHA-256 of its bytes in hexadecimal digits, or the first eight or more of them; undefined where none is published. */
  readonly sha256?: string;
  /** Its length in bytes, if known. */
  readonly bytes?: number;
}

/** What a pretrained network expects of its pictures, and where it comes from. */
export interface PretrainedConfig {
  readonly weights: WeightFile;
  /** Per-channel mean and standard deviation of the pictures, for values in 0…1. */
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
  /** Side of the square pictures it was trained on, in pixels. */
  readonly inputSize: number;
  readonly classes: number;
  readonly licence: string;
  readonly source: string;
  /** Published accuracy on ImageNet's validation set, in per cent. */
  readonly top1: number;
}

/** A network without its classifier. */
export interface Architecture {
  readonly name: string;
  /** The feature map [N, C, h, w] of pictures [N, 3, H, W]. */
  body(f: Forward, x: Value): Value;
  /** The original classifier: logits [N, classes] from the feature map. */
  classifier(f: Forward, features: Value, classes: number): Value;
  /**
   * The body's layer groups from the input to the output, each a list of the first parts of its layers' names; the head
   * is one more group behind them. Rates and freezing go by group.
   */
  readonly groups: readonly (readonly string[])[];
  readonly pretrained?: PretrainedConfig;
}

/** The number of the layer group that a parameter belongs to; the head's group comes after the body's. */
export function groupOf(arch: Architecture, name: string): number {
  const i = arch.groups.findIndex((prefixes) => prefixes.some((p) => name === p || name.startsWith(`${p}.`)));
  return i < 0 ? arch.groups.length : i;
}
