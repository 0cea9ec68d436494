import { producersOf, type Readers, readersOf } from './readers.js';
import type { Graph, Node, Value } from './types.js';

/** Operators that write each element of their result from those at its place alone. */
export const ELEMENTWISE: ReadonlySet<string> = new Set(['Add', 'Sub', 'Mul', 'Div']);
/** Operators whose result may be their input's memory under another shape: whoever reads it reads the input. */
const VIEWS: ReadonlySet<string> = new Set(['Reshape', 'Squeeze', 'Unsqueeze', 'Flatten', 'Identity']);

/** Products that ONNX Runtime has read what a Transpose before them reads. */
const PRODUCTS: ReadonlySet<string> = new Set(['MatMul', 'Gemm', 'FusedMatMul']);

/**
 * Which outputs may be written over the memory of an input: nothing reads the input after the output is begun, whatever the order in which
 * the nodes run.
 *
 * @param pairs inputs by the outputs that would replace them, of the same type
 */
export function writableInPlace(graph: Graph, pairs: ReadonlyMap<Value, Value>): Value[] {
  const producers = producersOf(graph);
  const readers = readersOf(graph);
  return [...pairs].flatMap(([output, input]) => {
    const last = producers.get(output);
    if (last === undefined || last.domain !== '' || !ELEMENTWISE.has(last.op)) return [];
    const before = nodesBefore(last, producers);
    const others = readersOfMemory(input, readers).filter((node) => node !== last);
    return others.every((node) => node !== undefined && before.has(node)) ? [output] : [];
  });
}

/** Who reads the memory of a value, itself or under another shape; `undefined` for the world outside. */
export function readersOfMemory(value: Value, readers: Readers): (Node | undefined)[] {
  const throughView = (node: Node): (Node | undefined)[] =>
    node.outputs.flatMap((y) => (y === '' ? [] : readersOfMemory(y, readers)));
  return (readers.get(value) ?? []).flatMap((node) => {
    if (node === undefined || node.domain !== '') return [node];
    if (VIEWS.has(node.op)) return throughView(node);
    if (node.op !== 'Transpose') return [node];
    const moved = throughView(node);
    return moved.some((reader) => reader !== undefined && PRODUCTS.has(reader.op)) ? [node, ...moved] : [node];
  });
}

/** All nodes that a node waits for. */
export function nodesBefore(node: Node, producers: ReadonlyMap<Value, Node>): ReadonlySet<Node> {
  const found = new Set<Node>();
  const open = [node];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const x of next.inputs) {
      const producer = producers.get(x);
      if (producer === undefined || found.has(producer)) continue;
      found.add(producer);
      open.push(producer);
    }
  }
  return found;
}
