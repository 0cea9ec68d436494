import { MICROSOFT_DOMAIN, NCHWC_DOMAIN } from './ops.js';
import type { Graph, Model } from './types.js';

/** The version of ONNX's operators that onecycle writes: the first that has Gelu. */
export const OPSET = 20;

/** The file format's version that came with this operator set (ONNX 1.15). */
const IR_VERSION = 9;

/** Wraps a graph, in the operators that onecycle writes, as a model. */
export function modelOf(graph: Graph, metadata: Readonly<Record<string, string>> = {}): Model {
  return {
    graph,
    opsets: { '': OPSET, [MICROSOFT_DOMAIN]: 1, [NCHWC_DOMAIN]: 1 },
    irVersion: IR_VERSION,
    producer: 'onecycle',
    metadata,
  };
}
