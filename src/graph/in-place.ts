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
  const upTo = ancestry(graph, producers);
  return [...pairs].flatMap(([output, input]) => {
    const last = producers.get(output);
    if (last === undefined || last.domain !== '' || !ELEMENTWISE.has(last.op)) return [];
    const before = upTo([last]);
    const others = readersOfMemory(input, readers).filter((node) => node !== last);
    return others.every((node) => node !== undefined && before(node)) ? [output] : [];
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

/** Tells, for some nodes, which ones they are or wait for. */
export function ancestry(
  graph: Graph,
  producers: ReadonlyMap<Value, Node>,
): (nodes: readonly Node[]) => (node: Node) => boolean {
  const places = new Map(graph.nodes.map((node, i) => [node, i]));
  const placeOf = (node: Node | undefined) => (node === undefined ? undefined : places.get(node));
  const read = graph.nodes.map((node) => node.inputs.flatMap((x) => placeOf(producers.get(x)) ?? []));
  return (nodes) => {
    const found = new Uint8Array(graph.nodes.length);
    const open = nodes.flatMap((node) => placeOf(node) ?? []);
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (found[next] === 1) continue;
      found[next] = 1;
      open.push(...(read[next] ?? []));
    }
    return (node) => found[placeOf(node) ?? -1] === 1;
  };
}
