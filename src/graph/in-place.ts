import { producersOf, readersOf } from './readers.js';
import type { Graph, Node, Value } from './types.js';

/** Operators that write each element of their result from those at its place alone. */
const ELEMENTWISE: ReadonlySet<string> = new Set(['Add', 'Sub', 'Mul', 'Div']);
/** Operators whose result may be their input's memory under another shape: whoever reads it reads the input. */
const VIEWS: ReadonlySet<string> = new Set(['Reshape', 'Squeeze', 'Unsqueeze', 'Flatten', 'Identity']);

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
    const others = (readers.get(input) ?? []).filter((node) => node !== last);
    const before = nodesBefore(last, producers);
    const done = (node: Node | undefined) => node !== undefined && !VIEWS.has(node.op) && before.has(node);
    return others.every(done) ? [output] : [];
  });
}

/** All nodes that a node waits for. */
function nodesBefore(node: Node, producers: ReadonlyMap<Value, Node>): ReadonlySet<Node> {
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
