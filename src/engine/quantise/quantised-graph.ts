import { intOf } from '../../graph/attributes.js';
import { plainNode } from '../../graph/plain-node.js';
import { float32, type Graph, type Node, sizeOf, type TensorData, type Value } from '../../graph/types.js';
import type { QuantisationPoints } from './points.js';
import { type ByteScale, weightScales } from './scales.js';

/**
 * Writes QuantizeLinear and DequantizeLinear into a graph (the QDQ format), from which ONNX Runtime makes integer operators: values are rounded to
 * uint8, each with a scale and zero point; weights are int8, each output channel with a scale; biases are int32 in the unit of what
 * they are added to.
 *
 * @param scales of all values of `points`
 */
export function quantisedGraph(
  graph: Graph,
  { layers, values }: QuantisationPoints,
  scales: ReadonlyMap<Value, ByteScale>,
): Graph {
  const initializers = new Map(graph.initializers);
  const nodes: Node[] = [];
  const rounded = new Map<Value, Value>();
  const round = (value: Value): void => {
    const scale = scales.get(value);
    if (scale === undefined || !values.has(value)) return;
    const [s, z, q, y] = [`${value}:scale`, `${value}:zero`, `${value}:uint8`, `${value}:rounded`];
    initializers.set(s, float32([], [scale.scale]));
    initializers.set(z, { dtype: 'uint8', dims: [], data: Uint8Array.of(scale.zero) });
    nodes.push(plainNode('QuantizeLinear', [value, s, z], q), plainNode('DequantizeLinear', [q, s, z], y));
    rounded.set(value, y);
  };
  for (const { name } of graph.inputs) round(name);
  for (const node of graph.nodes) {
    let inputs = node.inputs.map((x) => rounded.get(x) ?? x);
    if (layers.has(node.name)) {
      const scale = scales.get(node.inputs[0] ?? '');
      if (scale !== undefined) inputs = [inputs[0] ?? '', ...quantisedWeights(node, scale, initializers, nodes)];
    }
    nodes.push({ ...node, inputs });
    for (const y of node.outputs) round(y);
  }
  const read = new Set([...nodes.flatMap(({ inputs }) => inputs), ...graph.outputs.map(({ name }) => name)]);
  return {
    ...graph,
    nodes,
    initializers: new Map([...initializers].filter(([name]) => read.has(name))),
    valueInfo: new Map(),
  };
}

/** Stores a layer's weights and bias as integers, and gives the values that dequantise them. */
function quantisedWeights(node: Node, input: ByteScale, initializers: Map<Value, TensorData>, nodes: Node[]): Value[] {
  const [, w = '', b = ''] = node.inputs;
  const weight = initializers.get(w);
  if (weight?.dtype !== 'float32') return node.inputs.slice(1);
  const axis = outputAxis(node);
  const { dims } = weight;
  const channels = dims[axis] ?? 1;
  const inside = sizeOf(dims.slice(axis + 1));
  const channelOf = (i: number) => Math.floor(i / inside) % channels;
  const scales = weightScales(weight.data, channelOf, channels);
  const integers = Int8Array.from(weight.data, (x, i) => clamp(Math.round(x / (scales[channelOf(i)] ?? 1)), 127));
  const zeros = new Int8Array(channels);
  const name = (what: string) => `${node.name}:${what}`;
  initializers.set(name('int8'), { dtype: 'int8', dims, data: integers });
  initializers.set(name('weight-scale'), float32([channels], scales));
  initializers.set(name('weight-zero'), { dtype: 'int8', dims: [channels], data: zeros });
  nodes.push(
    plainNode('DequantizeLinear', [name('int8'), name('weight-scale'), name('weight-zero')], name('dequantised'), {
      axis,
    }),
  );
  const bias = initializers.get(b);
  if (bias?.dtype !== 'float32') return [name('dequantised'), ...node.inputs.slice(2)];
  const units = scales.map((scale) => scale * input.scale);
  const sums = Int32Array.from(bias.data, (x, c) => clamp(Math.round(x / (units[c] ?? 1)), 2 ** 31 - 1));
  initializers.set(name('int32'), { dtype: 'int32', dims: bias.dims, data: sums });
  initializers.set(name('bias-scale'), float32([channels], units));
  nodes.push(plainNode('DequantizeLinear', [name('int32'), name('bias-scale')], name('bias-dequantised'), { axis: 0 }));
  return [name('dequantised'), name('bias-dequantised')];
}

/** The axis of a layer's weights that its outputs go by. */
function outputAxis(node: Node): number {
  if (node.op === 'Conv') return 0;
  return node.op === 'Gemm' && intOf(node, 'transB', 0) === 1 ? 0 : 1;
}

function clamp(x: number, most: number): number {
  return Math.min(most, Math.max(-most, x));
}
