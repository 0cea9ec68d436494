import type { Graph, Value } from './types.js';

/** Where PyTorch's newer exporter tells which of a program's inputs are parameters, buffers, constants and pictures. */
const SIGNATURE = 'pkg.torch.export.ExportedProgram.graph_signature';

/** A line of it: `b_rope_angles: BUFFER target='rope.angles' persistent=True`. */
const UNTRAINED = /^\s*\S+: (?:BUFFER|CONSTANT_TENSOR) target='([^']+)'/gm;

/**
 * Initializers of which the file itself says that they are not trained: buffers, such as tables of sines, and tensors that the
 * program writes down. Empty where a file says nothing of it.
 */
export function buffersOf(graph: Graph): ReadonlySet<Value> {
  const signature = graph.metadata?.[SIGNATURE] ?? '';
  return new Set(Array.from(signature.matchAll(UNTRAINED), ([, target = '']) => target));
}
