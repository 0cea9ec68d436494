import { floatOf, intOf } from './attributes.js';
import { onlyReader, producersOf, readersOf } from './readers.js';
import { float32, type Graph, type Node, sizeOf, type TensorData, type Value } from './types.js';

/** Default of ONNX's BatchNormalization. */
const EPSILON = 1e-5;

/**
 * A graph for inference whose batch norms are part of the weights of the layers that they follow (convolutions) or lead to (Gemm); others
 * stay.
 */
export function foldNorms(graph: Graph): Graph {
  const readers = readersOf(graph);
  const initializers = new Map(graph.initializers);
  const producers = producersOf(graph);
  const changed = new Map<Node, Node>();
  const gone = new Set<Node>();
  for (const norm of graph.nodes) {
    const map = norm.op === 'BatchNormalization' ? affineOf(norm, initializers) : undefined;
    const [x = '', y = ''] = [norm.inputs[0], norm.outputs[0]];
    if (map === undefined) continue;
    const before = producers.get(x);
    const after = onlyReader(readers, y);
    if (before?.op === 'Conv' && onlyReader(readers, x) === norm) {
      const folded = intoConv(changed.get(before) ?? before, map, initializers);
      if (folded === undefined) continue;
      changed.set(before, { ...folded, outputs: [y] });
      gone.add(norm);
    } else if (after?.op === 'Gemm' && after.inputs[0] === y) {
      const folded = intoGemm(changed.get(after) ?? after, map, initializers);
      if (folded === undefined) continue;
      changed.set(after, { ...folded, inputs: [x, ...folded.inputs.slice(1)] });
      gone.add(norm);
    }
  }
  const nodes = graph.nodes.filter((node) => !gone.has(node)).map((node) => changed.get(node) ?? node);
  const read = new Set([...nodes.flatMap(({ inputs }) => inputs), ...graph.outputs.map(({ name }) => name)]);
  return { ...graph, nodes, initializers: new Map([...initializers].filter(([name]) => read.has(name))) };
}

/** y = scale · x + shift, by channel. */
interface Affine {
  readonly scale: Float64Array;
  readonly shift: Float64Array;
}

function affineOf(norm: Node, initializers: ReadonlyMap<Value, TensorData>): Affine | undefined {
  const [gamma, beta, mean, variance] = norm.inputs.slice(1).map((name) => floatsOf(initializers.get(name)));
  if (!gamma || !beta || !mean || !variance) return undefined;
  const epsilon = floatOf(norm, 'epsilon', EPSILON);
  const scale = Float64Array.from(gamma, (g, c) => g / Math.sqrt((variance[c] ?? 0) + epsilon));
  return { scale, shift: Float64Array.from(scale, (s, c) => (beta[c] ?? 0) - s * (mean[c] ?? 0)) };
}

function floatsOf(tensor: TensorData | undefined): Float32Array | undefined {
  return tensor?.dtype === 'float32' ? tensor.data : undefined;
}

/** The norm's map after the convolution: its kernels are scaled, [out, …]. */
function intoConv(conv: Node, { scale, shift }: Affine, initializers: Map<Value, TensorData>): Node | undefined {
  const [x = '', w = '', b = ''] = conv.inputs;
  const weight = initializers.get(w);
  const bias = initializers.get(b);
  if (weight?.dtype !== 'float32' || (b !== '' && bias?.dtype !== 'float32')) return undefined;
  const each = sizeOf(weight.dims.slice(1));
  const data = weight.data.map((value, i) => value * (scale[Math.floor(i / each)] ?? 0));
  const old = floatsOf(bias);
  const sums = Float32Array.from(shift, (t, c) => t + (scale[c] ?? 0) * (old?.[c] ?? 0));
  const names = added(conv, initializers, float32(weight.dims, data), float32([sums.length], sums));
  return { ...conv, inputs: [x, ...names] };
}

/** The norm's map before the layer: the weights of each of its inputs are scaled. */
function intoGemm(gemm: Node, { scale, shift }: Affine, initializers: Map<Value, TensorData>): Node | undefined {
  const [x = '', w = '', b = ''] = gemm.inputs;
  const weight = initializers.get(w);
  const bias = initializers.get(b);
  const plain = floatOf(gemm, 'alpha', 1) === 1 && floatOf(gemm, 'beta', 1) === 1 && intOf(gemm, 'transA', 0) === 0;
  if (!plain || weight?.dtype !== 'float32' || (b !== '' && bias?.dtype !== 'float32')) return undefined;
  const transposed = intOf(gemm, 'transB', 0) === 1;
  const [rows = 0, columns = 0] = weight.dims;
  const outputs = transposed ? rows : columns;
  const old = floatsOf(bias);
  if (old !== undefined && old.length !== outputs) return undefined;
  const sums = new Float64Array(outputs);
  const data = weight.data.map((value, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    const [out, input] = transposed ? [row, column] : [column, row];
    sums[out] = (sums[out] ?? 0) + value * (shift[input] ?? 0);
    return value * (scale[input] ?? 0);
  });
  const biases = Float32Array.from(sums, (sum, c) => sum + (old?.[c] ?? 0));
  const names = added(gemm, initializers, float32(weight.dims, data), float32([outputs], biases));
  return { ...gemm, inputs: [x, ...names] };
}

/** Stores weights and bias under names of the node's. */
function added(node: Node, initializers: Map<Value, TensorData>, weight: TensorData, bias: TensorData): Value[] {
  const names = [`${node.name}:weight`, `${node.name}:bias`];
  names.forEach((name, i) => {
    initializers.set(name, i === 0 ? weight : bias);
  });
  return names;
}
