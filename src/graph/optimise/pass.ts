import type { TensorType } from '../shapes/index.js';
import type { Graph, Value } from '../types.js';

/** A graph whose values' types are known. Passes add no values but scalars, so that the types stay. */
export interface TypedGraph {
  readonly graph: Graph;
  type(value: Value): TensorType | undefined;
  /** Inputs by the outputs that replace them after a run, and would best be written over them. */
  readonly replaces: ReadonlyMap<Value, Value>;
}

/** Rewrites a lowered graph so that it runs faster and computes the same: inputs, outputs and their names stay. */
export interface Pass {
  readonly name: string;
  run(typed: TypedGraph): Graph;
}

/** Rewrites a graph before it is lowered, while our own operators still say what is wanted. */
export interface EarlyPass {
  readonly name: string;
  run(graph: Graph): Graph;
}
