import { UserError } from '../core/errors.js';
import type { TensorData, Value } from '../graph/types.js';
import type { Forward } from './forward.js';
import type { HeadOptions } from './head.js';

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

/** How a pretrained network wants its pictures. */
export interface Preprocessing {
  /** Per-channel mean and standard deviation of the pictures, for values in 0…1. */
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
  /** Side of the square pictures that its accuracy was measured on, in pixels. */
  readonly inputSize: number;
  /** How pictures were resized for that. */
  readonly interpolation: 'bilinear' | 'bicubic';
  /** Side of the square that was cut from the middle of a picture, as a share of the picture's shorter side. */
  readonly cropShare: number;
}

/** What a pretrained network expects of its pictures, and where it comes from. */
export interface PretrainedConfig extends Preprocessing {
  readonly weights: WeightFile;
  readonly classes: number;
  /** Number of its parameters, the original classifier's among them. */
  readonly parameters: number;
  readonly licence: string;
  readonly source: string;
  /** Published accuracy on ImageNet's validation set, in per cent. */
  readonly top1: number;
}

/** What is known of a network that was read from a file, which holds its weights, too. */
export interface ImportedNetwork {
  /** Its path, or what else names it in messages. */
  readonly file: string;
  /** SHA-256 of the model and of all that it keeps in other files, in hexadecimal digits. */
  readonly sha256: string;
  /** Parameters and running statistics by their names in the network, its classifier's with them. */
  readonly tensors: ReadonlyMap<string, TensorData>;
  readonly preprocessing: Preprocessing;
  /** Who wrote the file, and for which version of ONNX's operators. */
  readonly producer: string;
  readonly opset: number;
  /** The value at which the classifier was cut off, and what a head reads there. */
  readonly features: Value;
  readonly form: 'planes' | 'channels-last' | 'vector' | 'tokens';
  /** The classifier's last node, its number of classes, and the names of its parameters; undefined and none without one. */
  readonly classifier: string | undefined;
  readonly classes: number | undefined;
  readonly classifierNames: readonly string[];
  /** Batch norms, and convolutions with a bias and no batch norm behind them: exporters fold norms into such. */
  readonly norms: number;
  readonly biasedConvolutions: number;
  /** The only size of pictures that it takes, in pixels; undefined where others pass. */
  readonly onlySize?: { readonly height: number; readonly width: number };
  /** What a user should know. */
  readonly notices: readonly string[];
}

/** A network without its classifier. */
export interface Architecture {
  readonly name: string;
  /**
   * What a head reads, from pictures [N, 3, H, W]: a feature map [N, C, h, w], or features [N, C] of a network that pools by
   * itself.
   */
  body(f: Forward, x: Value): Value;
  /** The original classifier: logits [N, classes] from what the body gives. */
  classifier(f: Forward, features: Value, classes: number): Value;
  /**
   * The body's layer groups from the input to the output, each a list of the first parts of its layers' names; the head
   * is one more group behind them. Rates and freezing go by group.
   */
  readonly groups: readonly (readonly string[])[];
  /** The least side of its pictures, in pixels. Default 1. */
  readonly minSize?: number;
  /** What the sides of its pictures must be a multiple of, in pixels. Default 1. */
  readonly sizeStep?: number;
  /** Side of the pictures that it is traced at where their size does not matter, in pixels. Default 64. */
  readonly tracedSize?: number;
  /** Side of the pictures that it is made for, in pixels, if no weights tell it. Default 224. */
  readonly inputSize?: number;
  /** What a new head is like where nothing else is asked for. Default: as `HeadOptions` says. */
  readonly head?: HeadOptions;
  /**
   * Whether pictures of a size pass through it, beyond `minSize` and `sizeStep`: throws a `UserError` where they do not.
   *
   * @param height and width in pixels
   */
  checkSize?(height: number, width: number): void;
  readonly pretrained?: PretrainedConfig;
  /** Of a network that `fromOnnx` has read. */
  readonly imported?: ImportedNetwork;
}

/** Whether there are weights that a network can start from: published ones, or those of its own file. */
export function hasWeights(arch: Architecture): boolean {
  return arch.pretrained !== undefined || arch.imported !== undefined;
}

/** How a network's pictures are normalised: as it was trained, or as ImageNet's are. */
export function normalisationOf(arch: Architecture): Pick<Preprocessing, 'mean' | 'std'> {
  return arch.pretrained ?? arch.imported?.preprocessing ?? IMAGENET;
}

/** Side of the pictures that a network is made for, in pixels: of those that its weights were trained on, if there are any. */
export function inputSizeOf(arch: Architecture): number {
  return (arch.pretrained ?? arch.imported?.preprocessing)?.inputSize ?? arch.inputSize ?? 224;
}

/** Mean and deviation of ImageNet's pictures. */
export const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;

/**
 * @param sides of the pictures, in pixels
 * @throws {UserError} if the network does not take pictures of this size; it says which sizes are near
 */
export function assertTakesSize(arch: Architecture, ...sides: readonly number[]): void {
  const { minSize = 1, sizeStep = 1 } = arch;
  for (const side of sides) {
    if (side < minSize) {
      throw new UserError(`pictures of ${side} px are too small for ${arch.name}: it takes ${minSize} px or more`);
    }
    const below = side - (side % sizeStep);
    if (below !== side) {
      const near = below < minSize ? `${below + sizeStep}` : `${below} or ${below + sizeStep}`;
      throw new UserError(
        `pictures of ${side} px do not fit ${arch.name}: it takes multiples of ${sizeStep} px, such as ${near}`,
      );
    }
  }
  const [height = 0, width = height] = sides;
  arch.checkSize?.(height, width);
}

/** The number of the layer group that a parameter belongs to; the head's group comes after the body's. */
export function groupOf(arch: Architecture, name: string): number {
  const i = arch.groups.findIndex((prefixes) => prefixes.some((p) => name === p || name.startsWith(`${p}.`)));
  return i < 0 ? arch.groups.length : i;
}
