import type { DType, Node } from '../types.js';

/** The type of a value whose shape is known. */
export interface TensorType {
  readonly dtype: DType;
  readonly dims: readonly number[];
}

/** What a shape rule sees of a node. */
export interface ShapeContext {
  readonly node: Node;
  /** Whether an optional input is given. */
  has(input: number): boolean;
  dims(input: number): readonly number[];
  dtype(input: number): DType;
  /** The elements of an input that must be known, such as Reshape's shape. */
  integers(input: number): readonly number[];
  floats(input: number): readonly number[];
  /** An error that names the node. */
  fail(message: string): Error;
}

/** Gives the type of each output. */
export type ShapeRule = (c: ShapeContext) => readonly TensorType[];

/** An axis counted from the front. */
export function axisOf(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

/** The shape that NumPy's broadcasting gives. */
export function broadcastDims(...shapes: (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map((s) => s.length));
  return Array.from({ length: rank }, (_, i) => {
    let dim = 1;
    for (const shape of shapes) {
      const d = shape[i - (rank - shape.length)] ?? 1;
      if (d === 1) continue;
      if (dim !== 1 && dim !== d)
        throw new Error(`shapes ${shapes.map((s) => `[${s}]`).join(' and ')} do not broadcast`);
      dim = d;
    }
    return dim;
  });
}

export function at(dims: readonly number[], i: number): number {
  const d = dims[i];
  if (d === undefined) throw new Error(`shape [${dims}] has no axis ${i}`);
  return d;
}
