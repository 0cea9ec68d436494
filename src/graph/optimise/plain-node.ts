import type { Node, Value } from '../types.js';

/** A node of ONNX's own operators with one output, which names it. */
export function plainNode(
  op: string,
  inputs: readonly Value[],
  output: Value,
  attributes: Node['attributes'] = {},
): Node {
  return { op, domain: '', name: output, inputs, outputs: [output], attributes };
}
