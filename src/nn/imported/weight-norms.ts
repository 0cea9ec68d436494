import { intOf } from '../../graph/attributes.js';
import { OWN_DOMAIN } from '../../graph/ops.js';
import { withoutUnread } from '../../graph/prune.js';
import { readersOf } from '../../graph/readers.js';
import type { Graph, Node, Value } from '../../graph/types.js';

/** Values that depend on the pictures; shapes of values do not. */
export function computedFromInputs(graph: Graph): ReadonlySet<Value> {
  const found = new Set<Value>(graph.inputs.map(({ name }) => name));
  for (const node of graph.nodes) {
    if (node.op === 'Shape' || !node.inputs.some((x) => found.has(x))) continue;
    for (const y of node.outputs) if (y !== '') found.add(y);
  }
  return found;
}

/**
 * Weights that are standardised (Qiao et al., arXiv 1903.10520) are exported as a batch norm in training mode over the weights,
 * with running statistics that nobody reads, which exporters compute from copies of the weights. The norm alone is kept.
 *
 * @param opset before 14, training mode was told by further outputs
 */
export function withPlainWeightNorms(graph: Graph, opset: number): Graph {
  const ofPictures = computedFromInputs(graph);
  const readers = readersOf(graph);
  const nodes = graph.nodes.map((node): Node => {
    if (node.op !== 'BatchNormalization' || node.domain !== '' || ofPictures.has(node.inputs[0] ?? '')) return node;
    const [y = '', ...rest] = node.outputs;
    const training = opset < 14 ? rest.length > 0 : intOf(node, 'training_mode', 0) === 1;
    if (!training || rest.some((value) => readers.has(value))) return node;
    const { epsilon } = node.attributes;
    return {
      ...{ ...node, op: 'BatchNormTrain', domain: OWN_DOMAIN, inputs: node.inputs.slice(0, 3), outputs: [y] },
      attributes: epsilon === undefined ? {} : { epsilon },
    };
  });
  return withoutUnread({ ...graph, nodes });
}
