import { Rng } from '../../core/rng.js';
import type { AttributeInput } from '../attributes.js';
import { GraphBuilder } from '../builder.js';
import { float32, int64, sizeOf, type TensorData, type Value } from '../types.js';

/** An input of the operator under test. */
export type Argument =
  /** Varied, and its gradient checked. */
  | { readonly kind: 'varied'; readonly tensor: TensorData }
  /** Stored in the graph. */
  | { readonly kind: 'constant'; readonly tensor: TensorData }
  | { readonly kind: 'none' };

/** One operator with its attributes and inputs, whose shape and gradient are compared with ONNX Runtime. */
export interface OpCase {
  readonly op: string;
  readonly note?: string;
  readonly inputs: readonly Argument[];
  readonly attributes?: Readonly<Record<string, AttributeInput>>;
  readonly domain?: string;
  /** Number of outputs; the loss reads all of them unless `lossOf` says which. Default 1. */
  readonly outputs?: number;
  readonly lossOf?: readonly number[];
  /** Step of the central differences. Default 0.01. */
  readonly step?: number;
  /** Operator set of the file where the case's form is not of the project's. */
  readonly opset?: number;
}

let seed = 1;

/** Uniform numbers in [low, high). */
export function uniform(dims: readonly number[], low = -1, high = 1): Argument {
  const rng = new Rng(seed++);
  return varied(
    dims,
    Array.from({ length: sizeOf(dims) }, () => rng.uniform(low, high)),
  );
}

/** Uniform numbers at least 0.05 from each of the places where the function has a kink. */
export function awayFrom(kinks: readonly number[], dims: readonly number[], low = -1, high = 1): Argument {
  const rng = new Rng(seed++);
  const draw = (): number => {
    const x = rng.uniform(low, high);
    return kinks.some((k) => Math.abs(x - k) < 0.05) ? draw() : x;
  };
  return varied(dims, Array.from({ length: sizeOf(dims) }, draw));
}

/** Numbers of which any two differ by 0.05 or more, for maxima. */
export function distinct(dims: readonly number[]): Argument {
  const n = sizeOf(dims);
  const ladder = Array.from({ length: n }, (_, i) => 0.05 * (i - n / 2));
  return varied(dims, new Rng(seed++).shuffle(ladder));
}

export function varied(dims: readonly number[], data: readonly number[]): Argument {
  return { kind: 'varied', tensor: float32(dims, data) };
}

export function fixed(dims: readonly number[], data: readonly number[]): Argument {
  return { kind: 'constant', tensor: float32(dims, data) };
}

export function whole(dims: readonly number[], data: readonly number[]): Argument {
  return { kind: 'constant', tensor: int64(dims, data) };
}

/** A constant int64 vector. */
export function list(...data: readonly number[]): Argument {
  return whole([data.length], data);
}

export function bools(dims: readonly number[], data: readonly number[]): Argument {
  return { kind: 'constant', tensor: { dtype: 'bool', dims, data: Uint8Array.from(data) } };
}

export const none: Argument = { kind: 'none' };

export interface BuiltCase {
  readonly b: GraphBuilder;
  readonly outputs: readonly Value[];
  /** The inputs that are varied, with their values. */
  readonly varied: ReadonlyMap<Value, TensorData>;
}

/** A graph of the one operator; its inputs that vary are the graph's. */
export function buildCase(c: OpCase): BuiltCase {
  const b = new GraphBuilder(c.op);
  const varied = new Map<Value, TensorData>();
  const inputs = c.inputs.map((argument, i) => {
    if (argument.kind === 'none') return '';
    if (argument.kind === 'constant') return b.constant(argument.tensor);
    const value = b.input(`x${i}`, argument.tensor.dtype, argument.tensor.dims);
    varied.set(value, argument.tensor);
    return value;
  });
  const outputs = b.ops(c.op, c.outputs ?? 1, inputs, c.attributes, { domain: c.domain ?? '' });
  return { b, outputs, varied };
}
