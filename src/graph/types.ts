/** The ONNX intermediate representation: plain data, names instead of pointers, as in ONNX itself. */

export type DType =
  | 'float32'
  | 'float16'
  | 'float64'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'bool'
  | 'bfloat16'
  | 'string';

/** The array that holds a tensor's elements. float16 and bfloat16 are kept as bits, bool as 0 and 1. */
export interface ArrayOf {
  float32: Float32Array;
  float16: Uint16Array;
  float64: Float64Array;
  int8: Int8Array;
  uint8: Uint8Array;
  int16: Int16Array;
  uint16: Uint16Array;
  int32: Int32Array;
  uint32: Uint32Array;
  int64: BigInt64Array;
  uint64: BigUint64Array;
  bool: Uint8Array;
  bfloat16: Uint16Array;
  string: string[];
}

export type TensorData = {
  [T in DType]: { readonly dtype: T; readonly dims: readonly number[]; readonly data: ArrayOf[T] };
}[DType];

/** A value of a graph, by its name. The empty name stands for an optional input that is not given. */
export type Value = string;

/** A dimension: a number, or the name of one that is known only at run time. */
export type Dim = number | string;

export interface ValueInfo {
  readonly name: Value;
  readonly dtype: DType;
  /** Undefined where even the rank is unknown. */
  readonly dims: readonly Dim[] | undefined;
}

export type Attribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'strings'; readonly value: readonly string[] }
  | { readonly kind: 'tensor'; readonly value: TensorData }
  | { readonly kind: 'graph'; readonly value: Graph };

export interface Node {
  readonly op: string;
  /** Empty for ONNX's own operators. */
  readonly domain: string;
  readonly name: string;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export interface Graph {
  readonly name: string;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /** In an order in which every value is computed before it is used. */
  readonly nodes: readonly Node[];
  readonly initializers: ReadonlyMap<Value, TensorData>;
  /** Types of inner values, as far as they are known. */
  readonly valueInfo: ReadonlyMap<Value, ValueInfo>;
  /** What its exporter notes about it. */
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface Model {
  readonly graph: Graph;
  /** Version of each operator set, by domain ('' is ONNX's own). */
  readonly opsets: Readonly<Record<string, number>>;
  readonly irVersion: number;
  readonly producer: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export function isFloat(dtype: DType): boolean {
  return dtype === 'float32' || dtype === 'float16' || dtype === 'float64' || dtype === 'bfloat16';
}

/** Number of elements of a shape. */
export function sizeOf(dims: readonly number[]): number {
  let n = 1;
  for (const d of dims) n *= d;
  return n;
}

export function float32(dims: readonly number[], data: Float32Array | readonly number[]): TensorData {
  return { dtype: 'float32', dims, data: data instanceof Float32Array ? data : Float32Array.from(data) };
}

export function int64(dims: readonly number[], data: readonly number[]): TensorData {
  return { dtype: 'int64', dims, data: BigInt64Array.from(data, toInt64) };
}

/** A whole number as int64; numbers beyond its range, as files use for "to the end", become its ends. */
export function toInt64(x: number): bigint {
  if (x >= 2 ** 63) return 2n ** 63n - 1n;
  return x <= -(2 ** 63) ? -(2n ** 63n) : BigInt(x);
}

/** The elements of a numeric tensor as numbers (float16 and bfloat16 as their bits). */
export function numbersOf(tensor: TensorData): number[] {
  if (tensor.dtype === 'string') throw new Error('a string tensor has no numbers');
  return Array.from(tensor.data as Iterable<number | bigint>, Number);
}
