import { producersOf } from '../readers.js';
import type { Value } from '../types.js';
import type { Pass } from './pass.js';

/** Gives an output's name to the value itself, where an Identity would have copied it: parameters after a step. */
export const nameOutputs: Pass = {
  name: 'name-outputs',
  run({ graph }) {
    const outputs = new Set(graph.outputs.map((o) => o.name));
    const producers = producersOf(graph);
    const renamed = new Map<Value, Value>();
    const nodes = graph.nodes.filter((node) => {
      const [x = ''] = node.inputs;
      const [y = ''] = node.outputs;
      if (node.op !== 'Identity' || node.domain !== '' || !outputs.has(y)) return true;
      // Inputs and stored tensors keep their names; so does what has become another output already.
      if (!producers.has(x) || outputs.has(x) || renamed.has(x)) return true;
      renamed.set(x, y);
      return false;
    });
    const name = (value: Value) => renamed.get(value) ?? value;
    return { ...graph, nodes: nodes.map((n) => ({ ...n, inputs: n.inputs.map(name), outputs: n.outputs.map(name) })) };
  },
};
