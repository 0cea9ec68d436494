import { toAttribute } from '../graph/attributes.js';
import { dtypeCode } from '../graph/dtype-code.js';
import { foldNorms } from '../graph/fold-norms.js';
import type { Attribute, Model, Node, TensorData, Value } from '../graph/types.js';
import { floatToHalf } from '../nn/half.js';

/** The largest finite float16. */
const LARGEST = 65504;

/** Inputs that stay float32 in a float16 graph, by operator: what says how far to resize. */
const FLOAT32_INPUTS: Readonly<Record<string, readonly number[]>> = { Resize: [2] };

/**
 * The model in half precision: weights are float16, and so is what is computed, from the inputs on, which are cast, to the outputs, which are cast
 * back. Where ONNX Runtime has no float16 kernel for an operator (on most CPUs), it computes in float32 between casts of its own.
 *
 * Weights beyond float16's range become its largest number.
 */
export function inHalf(model: Model): Model {
  const graph = foldNorms(model.graph);
  const kept = new Set(graph.nodes.flatMap(({ op, inputs }) => (FLOAT32_INPUTS[op] ?? []).map((i) => inputs[i])));
  const initializers = new Map(
    [...graph.initializers].map(([name, tensor]) => [name, kept.has(name) ? tensor : halfTensor(tensor)] as const),
  );
  const floats = (infos: typeof graph.inputs) => infos.filter(({ dtype }) => dtype === 'float32');
  const renamed = new Map<Value, Value>(
    [...floats(graph.inputs), ...floats(graph.outputs)].map(({ name }) => [name, `${name}:float16`]),
  );
  const inner = (value: Value) => renamed.get(value) ?? value;
  const nodes = graph.nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map(inner),
    outputs: node.outputs.map(inner),
    attributes: Object.fromEntries(
      Object.entries(node.attributes).map(([name, attribute]) => [name, halfAttribute(node, name, attribute)]),
    ),
  }));
  return {
    ...model,
    graph: {
      ...graph,
      initializers,
      nodes: [
        ...floats(graph.inputs).map(({ name }) => cast(name, inner(name), 'float16')),
        ...nodes,
        ...floats(graph.outputs).map(({ name }) => cast(inner(name), name, 'float32')),
      ],
      valueInfo: new Map(),
    },
  };
}

function cast(from: Value, to: Value, dtype: 'float16' | 'float32'): Node {
  const attributes = { to: toAttribute('to', dtypeCode(dtype)) };
  return { op: 'Cast', domain: '', name: `${to}:cast`, inputs: [from], outputs: [to], attributes };
}

function halfTensor(tensor: TensorData): TensorData {
  if (tensor.dtype !== 'float32') return tensor;
  const bounded = (x: number) => (Math.abs(x) > LARGEST && Number.isFinite(x) ? Math.sign(x) * LARGEST : x);
  return { ...tensor, dtype: 'float16', data: Uint16Array.from(tensor.data, (x) => floatToHalf(bounded(x))) };
}

function halfAttribute({ op }: Node, name: string, attribute: Attribute): Attribute {
  if (attribute.kind === 'tensor') return { kind: 'tensor', value: halfTensor(attribute.value) };
  const toFloat =
    op === 'Cast' && name === 'to' && attribute.kind === 'int' && attribute.value === dtypeCode('float32');
  return toFloat ? { kind: 'int', value: dtypeCode('float16') } : attribute;
}
