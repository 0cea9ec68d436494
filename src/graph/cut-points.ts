import type { Graph, Value } from './types.js';

/**
 * The values, in order, through which alone everything behind them depends on the input.
 *
 * @param carries whether a value that depends on the input carries something of it from picture to picture. Default: each does
 */
export function cutPoints(graph: Graph, carries: (value: Value) => boolean = () => true): Value[] {
  const last = new Map<Value, number>();
  graph.nodes.forEach((node, i) => {
    for (const x of node.inputs) if (x !== '') last.set(x, i);
  });
  for (const { name } of graph.outputs) last.set(name, graph.nodes.length);
  const live = new Set<Value>();
  const dependent = new Set<Value>();
  const points: Value[] = [];
  for (const { name } of graph.inputs) for (const set of [live, dependent]) set.add(name);
  graph.nodes.forEach((node, i) => {
    if (!node.inputs.some((x) => dependent.has(x))) return;
    for (const y of node.outputs) {
      if (y === '' || !last.has(y)) continue;
      dependent.add(y);
      if (carries(y)) live.add(y);
    }
    for (const x of node.inputs) if ((last.get(x) ?? 0) <= i) live.delete(x);
    const [only] = live;
    if (live.size === 1 && only !== undefined && node.outputs.includes(only)) points.push(only);
  });
  return points;
}
