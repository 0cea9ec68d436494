import type { GraphBuilder } from '../builder.js';
import { float32, type Value } from '../types.js';

/**
 * A bias of zeros that is there only when some values are, undefined where there are none to wait for. ONNX Runtime visits a
 * graph depth first from its outputs; left to itself it runs down the whole chain of inputs' gradients before the weights'
 * gradients, and keeps all activations for them.
 */
export function zeroBiasAfter(b: GraphBuilder, values: readonly Value[], channels: number): Value | undefined {
  let bias: Value | undefined;
  for (const value of values) {
    const rank = b.dims(value).length;
    const [start, end] = [Array<number>(rank).fill(0), Array<number>(rank).fill(1)];
    const one = b.op('Reshape', [b.op('Slice', [value, b.integers(...start), b.integers(...end)]), b.integers(1)]);
    // Zero whatever the value, which may be no number.
    const zero = b.op('Cast', [b.op('Less', [one, one])], { to: 1 });
    bias = b.op('Add', [bias ?? b.constant(float32([channels], new Float32Array(channels))), zero]);
  }
  return bias;
}
