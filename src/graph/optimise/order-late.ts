import { producersOf } from '../readers.js';
import type { Node } from '../types.js';
import type { Pass } from './pass.js';

/**
 * Has values computed just before they are read, such as masks and padded pictures, which hang on the forward pass alone: ONNX Runtime
 * visits a graph depth first from its ends, the input that stands last in the file first, so that what stands early is computed late. Nodes
 * are sorted by the longest way to them; the ends keep their order, in which gradients become parameters one by one.
 */
export const orderLate: Pass = {
  name: 'order-late',
  run({ graph }) {
    const producers = producersOf(graph);
    const read = new Set(graph.nodes.flatMap((n) => n.inputs));
    const levels = new Map<Node, number>();
    // Nodes come after those that they read.
    for (const node of graph.nodes) {
      const before = node.inputs.map((x) => {
        const producer = producers.get(x);
        return producer === undefined ? 0 : (levels.get(producer) ?? 0);
      });
      levels.set(node, 1 + Math.max(0, ...before));
    }
    const isEnd = (node: Node) => !node.outputs.some((y) => read.has(y));
    const inside = graph.nodes.filter((n) => !isEnd(n));
    inside.sort((a, b) => (levels.get(a) ?? 0) - (levels.get(b) ?? 0));
    return { ...graph, nodes: [...inside, ...graph.nodes.filter(isEnd)] };
  },
};
