import { NCHWC_DOMAIN } from '../ops.js';
import { onlyReader, producersOf, type Readers, readersOf } from '../readers.js';
import type { Graph, Node, Value } from '../types.js';
import type { Pass, TypedGraph } from './pass.js';

/**
 * A blocked convolution adds another value to its result itself, and applies the ReLU behind that sum, instead of leaving two
 * more sweeps over memory to Add and Relu: the ends of residual blocks, and gradients that meet.
 */
export const fuseSums: Pass = {
  name: 'fuse-sums',
  run(typed) {
    const { graph } = typed;
    const readers = readersOf(graph);
    const producers = producersOf(graph);
    const gone = new Set<Node>();
    const fused = new Map<Node, Node>();
    for (const node of graph.nodes) {
      const match = matchSum(typed, node, producers, readers, gone);
      if (match === undefined) continue;
      const [bias = ''] = match.conv.inputs.slice(2);
      const relu = onlyReader(readers, node.outputs[0] ?? '');
      const withRelu = relu?.op === 'Relu' && relu.domain === '';
      const last = withRelu ? relu : node;
      gone.add(match.conv);
      if (withRelu) gone.add(node);
      fused.set(last, {
        ...match.conv,
        inputs: [...match.conv.inputs.slice(0, 2), bias, match.other],
        outputs: last.outputs,
        attributes: {
          ...match.conv.attributes,
          ...(withRelu ? { activation: { kind: 'string', value: 'Relu' } } : {}),
        },
      });
    }
    return without(graph, gone, fused);
  },
};

function matchSum(
  typed: TypedGraph,
  node: Node,
  producers: ReadonlyMap<Value, Node>,
  readers: Readers,
  gone: ReadonlySet<Node>,
): { conv: Node; other: Value } | undefined {
  if (node.domain !== '' || (node.op !== 'Add' && node.op !== 'Sum') || node.inputs.length !== 2) return undefined;
  const shape = (value: Value) => typed.type(value)?.dims.join();
  const [x = '', y = ''] = node.inputs;
  if (x === y || shape(x) === undefined || shape(x) !== shape(y)) return undefined;
  for (const [from, other] of [
    [y, x],
    [x, y],
  ] as const) {
    const conv = producers.get(from);
    if (conv === undefined || gone.has(conv) || onlyReader(readers, from) !== node) continue;
    if (conv.op !== 'Conv' || conv.domain !== NCHWC_DOMAIN) continue;
    if (conv.inputs.length > 3 || conv.attributes.activation !== undefined) continue;
    return { conv, other };
  }
  return undefined;
}

function without(graph: Graph, gone: ReadonlySet<Node>, replaced: ReadonlyMap<Node, Node>): Graph {
  return { ...graph, nodes: graph.nodes.filter((n) => !gone.has(n)).map((n) => replaced.get(n) ?? n) };
}
