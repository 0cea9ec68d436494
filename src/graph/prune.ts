import type { Graph, Value } from './types.js';

/** The graph without nodes and inputs that no output depends on. */
export function withoutUnread(graph: Graph): Graph {
  const wanted = new Set<Value>(graph.outputs.map((o) => o.name));
  const nodes = [...graph.nodes].reverse().filter((node) => {
    const needed = node.outputs.some((y) => wanted.has(y));
    if (needed) for (const x of node.inputs) wanted.add(x);
    return needed;
  });
  return {
    ...graph,
    nodes: nodes.reverse(),
    inputs: graph.inputs.filter((i) => wanted.has(i.name)),
    initializers: new Map([...graph.initializers].filter(([name]) => wanted.has(name))),
  };
}
