import { type AttributeInput, toAttribute } from './attributes.js';
import type { Node, Value } from './types.js';

/** A node of ONNX's own operators with one output, which names it. */
export function plainNode(
  op: string,
  inputs: readonly Value[],
  output: Value,
  attributes: Readonly<Record<string, AttributeInput>> = {},
): Node {
  const written = Object.entries(attributes).map(([name, value]) => [name, toAttribute(name, value)] as const);
  return { op, domain: '', name: output, inputs, outputs: [output], attributes: Object.fromEntries(written) };
}
