import { onlyReader, readersOf } from '../../graph/readers.js';
import type { Graph, Node, TensorData, Value } from '../../graph/types.js';

/** Layers whose weights become int8. */
const LAYERS: ReadonlySet<string> = new Set(['Conv', 'Gemm', 'MatMul']);
/** What ONNX Runtime does on int8 as well, so that what lies between layers need not be widened. */
const BETWEEN: ReadonlySet<string> = new Set(['Add', 'GlobalAveragePool', 'Concat']);
/** What becomes part of the layer before it. */
const BOUNDS: ReadonlySet<string> = new Set(['Relu', 'Clip']);

/** Which layers stay in float32: none, or the first and the last, which lose most. */
export type KeptFloat = 'none' | 'ends';

/** What of a graph is quantised. */
export interface QuantisationPoints {
  /** Layers with constant weights, by the names of their nodes. */
  readonly layers: ReadonlySet<string>;
  /** Values that are rounded to 8 bits. */
  readonly values: ReadonlySet<Value>;
}

/** Chooses them: inputs and outputs of layers, a bound after a layer counting as part of it, and of what can stay in 8 bits between them. */
export function quantisationPoints(graph: Graph, kept: KeptFloat): QuantisationPoints {
  const readers = readersOf(graph);
  const all = graph.nodes.filter((node) => isLayer(node, graph.initializers));
  const chosen = kept === 'none' ? all : all.slice(1, -1);
  const layers = new Set(chosen.map(({ name }) => name));
  const outside = new Set(graph.outputs.map(({ name }) => name));
  const values = new Set<Value>();
  const add = (value: Value) => {
    if (!outside.has(value) && !graph.initializers.has(value)) values.add(value);
  };
  for (const node of chosen) {
    add(node.inputs[0] ?? '');
    const [y = ''] = node.outputs;
    const next = onlyReader(readers, y);
    // A layer that ends the graph gives float32.
    if (next !== undefined && BOUNDS.has(next.op)) add(next.outputs[0] ?? '');
    else if (next !== undefined && (BETWEEN.has(next.op) || layers.has(next.name))) add(y);
    else if ((readers.get(y) ?? []).length > 1) add(y);
  }
  for (const node of graph.nodes) {
    const between = BETWEEN.has(node.op) && node.inputs.every((x) => values.has(x));
    if (between) add(node.outputs[0] ?? '');
  }
  return { layers, values };
}

/** Whether a node has float32 weights that are known, and an input that is not. */
export function isLayer(node: Node, initializers: ReadonlyMap<Value, TensorData>): boolean {
  const [x = '', w = ''] = node.inputs;
  const weight = initializers.get(w);
  if (!LAYERS.has(node.op) || node.domain !== '' || weight?.dtype !== 'float32' || initializers.has(x)) return false;
  return node.op === 'Conv' || weight.dims.length === 2;
}
