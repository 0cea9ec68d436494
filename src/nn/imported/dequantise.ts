import { intOf } from '../../graph/attributes.js';
import { axisOf } from '../../graph/shapes/index.js';
import { float32, type Graph, type Node, numbersOf, sizeOf, type TensorData, type Value } from '../../graph/types.js';

/**
 * A quantised network as the network of floats that it approximates: weights stored as whole numbers get their values
 * (DequantizeLinear of a constant), and values that are rounded on the way (QuantizeLinear, then DequantizeLinear) pass as
 * they are.
 */
export function dequantised(graph: Graph): Graph {
  const initializers = new Map(graph.initializers);
  const rounded = new Map<Value, Value>();
  const nodes = graph.nodes.flatMap((node): Node[] => {
    const [x = '', scale = '', zero = ''] = node.inputs;
    const [y = ''] = node.outputs;
    if (node.domain !== '' && node.domain !== 'com.microsoft') return [node];
    if (node.op === 'QuantizeLinear') {
      rounded.set(y, x);
      return [node];
    }
    if (node.op !== 'DequantizeLinear') return [node];
    const whole = initializers.get(x);
    const factor = initializers.get(scale);
    const offset = initializers.get(zero);
    const float = rounded.get(x);
    if (float !== undefined) return [{ ...node, op: 'Identity', domain: '', inputs: [float], attributes: {} }];
    if (whole === undefined || factor === undefined || (zero !== '' && offset === undefined)) return [node];
    const values = dequantisedValues(whole, factor, offset, node);
    if (values === undefined) return [node];
    initializers.set(y, values);
    return [];
  });
  return { ...graph, nodes, initializers };
}

/** (x − zero)·scale with one scale, or one for each place of an axis; undefined for blocks of places. */
function dequantisedValues(
  whole: TensorData,
  factor: TensorData,
  offset: TensorData | undefined,
  node: Node,
): TensorData | undefined {
  const scales = numbersOf(factor);
  const zeros = offset === undefined ? [] : numbersOf(offset);
  const axis = axisOf(intOf(node, 'axis', 1), whole.dims.length);
  const inner = scales.length === 1 ? 1 : sizeOf(whole.dims.slice(axis + 1));
  if (scales.length > 1 && (factor.dims.length !== 1 || scales.length !== whole.dims[axis])) return undefined;
  const values = numbersOf(whole).map((x, i) => {
    const place = Math.floor(i / inner) % scales.length;
    return (x - (zeros[place] ?? 0)) * (scales[place] ?? 1);
  });
  return float32(whole.dims, values);
}
