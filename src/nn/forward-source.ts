import type { Value } from '../graph/types.js';

/**
 * How a parameter starts when no pretrained value is given: He et al. 2015 (Kaiming), Glorot & Bengio 2010 (Xavier), a normal
 * distribution of deviation 0.02 cut off at two deviations as transformers have it, or one value everywhere.
 */
export type Initialiser =
  | 'kaiming-normal'
  | 'kaiming-uniform'
  | 'xavier-uniform'
  | 'truncated-normal'
  | 'zeros'
  | 'ones'
  | { readonly fill: number };

/**
 * Decides weight decay and what stays trainable in a frozen group: `norm` is a normalisation's scale or shift, `bias` any
 * other parameter that does not decay.
 */
export type ParameterKind = 'weight' | 'bias' | 'norm';

export interface ParameterSpec {
  readonly name: string;
  readonly dims: readonly number[];
  readonly kind: ParameterKind;
  readonly init: Initialiser;
}

/** A batch norm's running statistics, and where a training graph has their new values. */
export interface NormSpec {
  /** The layer's name. */
  readonly name: string;
  readonly channels: number;
  /** Share of the new batch in the running statistics, as PyTorch counts it. */
  readonly momentum: number;
}

/** A batch norm's running statistics as weight files name them. */
export function statisticNames(norm: NormSpec): { readonly mean: string; readonly variance: string } {
  return { mean: `${norm.name}.running_mean`, variance: `${norm.name}.running_var` };
}

export interface NormUpdate {
  readonly norm: NormSpec;
  /** The batch's mean and 1/√(variance + ε), [channels] each; and the number of values a channel has. */
  readonly mean: Value;
  readonly inverse: Value;
  readonly epsilon: number;
  readonly count: number;
}

/** Where a forward pass gets its values from: the tracer, the training step and the exporter each answer in their own way. */
export interface ForwardSource {
  parameter(spec: ParameterSpec): Value;
  /** The running mean and variance of a batch norm. */
  statistics(norm: NormSpec): { mean: Value; variance: Value };
  /** Whether a batch norm takes its statistics from the batch. */
  usesBatchStatistics(norm: NormSpec): boolean;
  /**
   * Whether a batch norm with fixed statistics is multiplied into the weights of the convolution before it, inside the graph:
   * the same function and the same gradients, without its sweeps over memory.
   */
  readonly foldsNorms?: boolean;
  /** A mask to multiply with (0 or 1/(1 − p)), or undefined where dropout is off. */
  dropoutMask(name: string, p: number, dims: readonly number[]): Value | undefined;
}
