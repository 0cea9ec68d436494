import { type Attribute, float32, type Graph, isFloat, type Node, type TensorData } from '../../graph/types.js';
import { asFloat32 } from '../safetensors.js';

/** The same graph in float32: a network that was stored in half precision is trained in single precision. */
export function inSinglePrecision(graph: Graph): Graph {
  const info = <T extends { readonly dtype: TensorData['dtype'] }>(v: T): T =>
    isFloat(v.dtype) ? { ...v, dtype: 'float32' } : v;
  return {
    ...graph,
    inputs: graph.inputs.map(info),
    outputs: graph.outputs.map(info),
    nodes: graph.nodes.map(singleNode),
    initializers: new Map([...graph.initializers].map(([name, tensor]) => [name, single(tensor, name)])),
    valueInfo: new Map(),
  };
}

function single(tensor: TensorData, name: string): TensorData {
  return isFloat(tensor.dtype) && tensor.dtype !== 'float32' ? float32(tensor.dims, asFloat32(tensor, name)) : tensor;
}

/** ONNX's numbers of float16, float64 and bfloat16. */
const OTHER_FLOATS: ReadonlySet<number> = new Set([10, 11, 16]);

function singleNode(node: Node): Node {
  const attribute = (name: string, a: Attribute): Attribute => {
    if (a.kind === 'tensor') return { kind: 'tensor', value: single(a.value, node.name) };
    if (a.kind === 'int' && isType(node, name) && OTHER_FLOATS.has(a.value)) return { kind: 'int', value: 1 };
    return a;
  };
  return {
    ...node,
    attributes: Object.fromEntries(Object.entries(node.attributes).map(([name, a]) => [name, attribute(name, a)])),
  };
}

/** Whether an attribute holds the number of an element type. */
function isType(node: Node, name: string): boolean {
  return (node.op === 'Cast' && name === 'to') || name === 'dtype' || name === 'stash_type';
}
