import type { GraphBuilder } from '../builder.js';
import type { ShapeContext } from '../shapes/index.js';
import type { Value } from '../types.js';

/** What a lowering rule sees of one of our own operators. */
export interface LowerContext extends ShapeContext {
  /** The graph that is being written. */
  readonly b: GraphBuilder;
  /** Input i, as a value of the new graph. */
  x(input: number): Value;
  /** Whether anything reads output i. */
  used(output: number): boolean;
}

/** Writes an operator of ours as ONNX operators, and gives the values of its outputs (undefined for unused ones). */
export type LowerRule = (c: LowerContext) => readonly (Value | undefined)[];
