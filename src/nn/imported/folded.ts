import { onlyReader, readersOf } from '../../graph/readers.js';
import { float32, type Graph, type Node, type TensorData } from '../../graph/types.js';
import type { Parameters } from './parameters.js';

/** Convolutions with a weight and a bias of their own, and no batch norm behind them: an exporter may have folded it in. */
export function biasedConvolutions(graph: Graph, parameters: Parameters): Node[] {
  const readers = readersOf(graph);
  return graph.nodes.filter((node) => {
    const [, weight = '', bias = ''] = node.inputs;
    if (node.op !== 'Conv' || node.domain !== '') return false;
    const behind = onlyReader(readers, node.outputs[0] ?? '');
    if (behind !== undefined && parameters.norms.has(behind.name)) return false;
    const [w, b] = [parameters.specs.get(weight), parameters.specs.get(bias)];
    const own = onlyReader(readers, weight) === node && onlyReader(readers, bias) === node;
    return own && w !== undefined && b !== undefined && w.name.endsWith('.weight');
  });
}

/** The scale and shift that stand for a folded batch norm. */
export function normNameOf(layer: string): string {
  return `${layer}.norm`;
}

/** A layer's name from its weight's. */
export function layerOf(weight: string): string {
  return weight.replace(/\.weight$/, '');
}

/**
 * The same parameters, but for the given convolutions, whose bias becomes the shift of a norm with scales of one: what they
 * compute stays.
 */
export function withRestoredNorms(convolutions: readonly Node[], parameters: Parameters): Parameters {
  const specs = new Map(parameters.specs);
  const tensors = new Map<string, TensorData>(parameters.tensors);
  for (const { inputs } of convolutions) {
    const [, weight = '', bias = ''] = inputs;
    const [w, b] = [specs.get(weight), specs.get(bias)];
    const shift = b && tensors.get(b.name);
    if (w === undefined || b === undefined || shift === undefined) continue;
    const norm = normNameOf(layerOf(w.name));
    specs.set(bias, { ...b, name: `${norm}.bias`, kind: 'norm' });
    tensors.delete(b.name);
    tensors.set(`${norm}.weight`, float32(b.dims, new Float32Array(b.dims[0] ?? 1).fill(1)));
    tensors.set(`${norm}.bias`, shift);
  }
  return { specs, norms: parameters.norms, tensors };
}
