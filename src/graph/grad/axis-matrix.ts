import type { GraphBuilder } from '../builder.js';
import { at } from '../shapes/index.js';
import { float32, sizeOf, type Value } from '../types.js';
import { reshapeTo } from './rule.js';

/** A linear map of one axis: for each output place the weights of all input places. */
export type Rows = readonly (readonly number[])[];

/** The rows that take output place i from input place `sources[i]`. */
export function oneHotRows(sources: readonly number[], size: number): Rows {
  return sources.map((source) => Array.from({ length: size }, (_, i) => (i === source ? 1 : 0)));
}

/** The gradient through a linear map of one axis: g [.., output, ..] to [.., input, ..], a product with its transpose. */
export function axisMatrix(b: GraphBuilder, g: Value, axis: number, rows: Rows): Value {
  const dims = b.dims(g);
  const [outer, inner] = [sizeOf(dims.slice(0, axis)), sizeOf(dims.slice(axis + 1))];
  const output = at(dims, axis);
  const input = rows[0]?.length ?? 0;
  const target = dims.map((d, i) => (i === axis ? input : d));
  if (inner === 1) {
    const matrix = b.constant(float32([output, input], rows.flat()));
    return reshapeTo(b, b.op('MatMul', [reshapeTo(b, g, [outer, output]), matrix]), target);
  }
  const transposed = Array.from({ length: input }, (_, i) => rows.map((row) => at(row, i)));
  const matrix = b.constant(float32([input, output], transposed.flat()));
  return reshapeTo(b, b.op('MatMul', [matrix, reshapeTo(b, g, [outer, output, inner])]), target);
}
