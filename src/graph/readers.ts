import type { Graph, Node, Value } from './types.js';

/** Who reads each value: nodes, and `undefined` for the world outside, which reads the graph's outputs. */
export type Readers = ReadonlyMap<Value, readonly (Node | undefined)[]>;

export function readersOf(graph: Graph): Readers {
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

/** The node that alone reads a value; undefined if there are several, none, or the world outside. */
export function onlyReader(readers: Readers, value: Value): Node | undefined {
  const all = readers.get(value) ?? [];
  return all.length === 1 ? all[0] : undefined;
}

/** The node that computes each value. */
export function producersOf(graph: Graph): ReadonlyMap<Value, Node> {
  return new Map(graph.nodes.flatMap((node) => node.outputs.map((y) => [y, node] as const)));
}
