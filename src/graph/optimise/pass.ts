import type { TensorType } from '../shapes/index.js';
import type { Graph, Node, Value } from '../types.js';

/** A graph whose values' types are known. Passes add no values, so that the types stay. */
export interface TypedGraph {
  readonly graph: Graph;
  type(value: Value): TensorType | undefined;
}

/** Rewrites a lowered graph so that it runs faster and computes the same: inputs, outputs and their names stay. */
export interface Pass {
  readonly name: string;
  run(typed: TypedGraph): Graph;
}

/** The nodes that read each value. An output of the graph is also read by `undefined`. */
export function readersOf(graph: Graph): ReadonlyMap<Value, readonly (Node | undefined)[]> {
  const readers = new Map<Value, (Node | undefined)[]>();
  const add = (value: Value, reader: Node | undefined) => {
    const known = readers.get(value);
    if (known === undefined) readers.set(value, [reader]);
    else known.push(reader);
  };
  for (const node of graph.nodes) for (const x of node.inputs) if (x !== '') add(x, node);
  for (const { name } of graph.outputs) add(name, undefined);
  return readers;
}

/** The node that computes each value. */
export function producersOf(graph: Graph): ReadonlyMap<Value, Node> {
  return new Map(graph.nodes.flatMap((node) => node.outputs.map((y) => [y, node] as const)));
}
