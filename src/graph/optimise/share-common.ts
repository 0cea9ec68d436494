import type { Attribute, Node, Value } from '../types.js';
import type { Pass } from './pass.js';

/** Computes once what several nodes compute alike: reorderings, transposes, a rate's 1 − β. */
export const shareCommon: Pass = {
  name: 'share-common',
  run({ graph }) {
    const outputs = new Set(graph.outputs.map((o) => o.name));
    const replaced = new Map<Value, Value>();
    const first = new Map<string, Node>();
    const nodes: Node[] = [];
    for (const node of graph.nodes) {
      const inputs = node.inputs.map((x) => replaced.get(x) ?? x);
      const moved = { ...node, inputs };
      const key = `${node.domain}:${node.op}(${inputs.join()}) ${attributesKey(node)} ${node.outputs.length}`;
      const known = first.get(key);
      if (known === undefined || node.outputs.some((y) => outputs.has(y))) {
        if (known === undefined) first.set(key, moved);
        nodes.push(moved);
        continue;
      }
      node.outputs.forEach((y, i) => {
        replaced.set(y, known.outputs[i] ?? '');
      });
    }
    return { ...graph, nodes };
  },
};

function attributesKey(node: Node): string {
  const entries = Object.entries(node.attributes).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(entries.map(([name, attribute]) => [name, attributeKey(attribute, node.name)]));
}

/** Nodes that carry tensors or graphs are left alone: each is its own. */
function attributeKey(attribute: Attribute, owner: string): unknown {
  return attribute.kind === 'tensor' || attribute.kind === 'graph' ? owner : attribute.value;
}
