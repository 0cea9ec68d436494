import { ancestry, ELEMENTWISE, readersOfMemory } from '../in-place.js';
import { plainNode } from '../plain-node.js';
import { producersOf, readersOf } from '../readers.js';
import { float32, type Graph, int64, type Node, type TensorData, type Value } from '../types.js';
import type { Pass } from './pass.js';

/**
 * Has what replaces an input wait for those that read the input, so that it can be written in its place: a weight's update for the transposed
 * weight, which the input's gradient is computed with. A zero made of what the reader gave is added to a scalar of the update. (A first
 * element that is no finite number makes it no zero; then the weight itself was none.)
 */
export const awaitReaders: Pass = {
  name: 'await-readers',
  run({ graph, replaces }) {
    const producers = producersOf(graph);
    const readers = readersOf(graph);
    const isScalar = scalarsOf(graph, producers);
    const upTo = ancestry(graph, producers);
    const added: Node[] = [];
    const places = new Map<Node, Node>();
    /** All that is waited for: no update may be among it. */
    const awaited: ((node: Node) => boolean)[] = [];
    for (const [output, input] of replaces) {
      const last = producers.get(output);
      if (last === undefined || !isElementwise(last)) continue;
      const before = upTo([last]);
      const others = readersOfMemory(input, readers).filter((n) => n !== last && !(n !== undefined && before(n)));
      const late = others.filter((n) => n !== undefined);
      const place = placeToWait(last, producers, isScalar);
      // The world outside cannot be waited for.
      if (late.length === 0 || late.length < others.length || place === undefined) continue;
      const more = upTo(late);
      if ([place.node, ...places.keys()].some(more) || awaited.some((isAwaited) => isAwaited(place.node))) continue;
      awaited.push(more);
      const names = late.map((_, i) => `await:${output}:${i}`);
      const sum = `await:${output}`;
      added.push(...late.flatMap((n, i) => zeroAfter(n, names[i] ?? '')));
      added.push(plainNode('Sum', [place.scalar, ...names], sum));
      places.set(place.node, { ...place.node, inputs: place.node.inputs.map((x) => (x === place.scalar ? sum : x)) });
    }
    if (added.length === 0) return graph;
    const nodes = [...graph.nodes.map((n) => places.get(n) ?? n), ...added];
    return { ...graph, nodes: sorted(nodes), initializers: new Map([...graph.initializers, ...CONSTANTS]) };
  },
};

const CONSTANTS: ReadonlyMap<Value, TensorData> = new Map([
  ['await:flat', int64([1], [-1])],
  ['await:first', int64([], [0])],
  ['await:zero', float32([], [0])],
]);

/** `name`: zero times the first element of what a node gives, a scalar. */
function zeroAfter({ outputs: [y = ''] }: Node, name: string): Node[] {
  return [
    plainNode('Reshape', [y, 'await:flat'], `${name}:flat`),
    plainNode('Gather', [`${name}:flat`, 'await:first'], `${name}:first`),
    plainNode('Mul', [`${name}:first`, 'await:zero'], name),
  ];
}

const isElementwise = (node: Node): boolean => node.domain === '' && ELEMENTWISE.has(node.op);

/** The elementwise node on the way to `last` that reads a scalar, nearest to it. */
function placeToWait(
  last: Node,
  producers: ReadonlyMap<Value, Node>,
  isScalar: (value: Value) => boolean,
): { node: Node; scalar: Value } | undefined {
  const open = [last];
  for (const node of open) {
    const scalars = node.inputs.filter(isScalar);
    const [scalar] = scalars;
    if (scalar !== undefined && scalars.length < node.inputs.length) return { node, scalar };
    for (const x of node.inputs) {
      const producer = producers.get(x);
      if (producer !== undefined && isElementwise(producer) && !open.includes(producer)) open.push(producer);
    }
  }
  return undefined;
}

/** Tells scalars: inputs and constants, and what elementwise operators make of them. */
function scalarsOf(graph: Graph, producers: ReadonlyMap<Value, Node>): (value: Value) => boolean {
  const known = new Map<Value, boolean>();
  for (const { name, dims } of graph.inputs) known.set(name, dims?.length === 0);
  for (const [name, { dims }] of graph.initializers) known.set(name, dims.length === 0);
  const isScalar = (value: Value): boolean => {
    const told = known.get(value);
    if (told !== undefined) return told;
    const producer = producers.get(value);
    const is = producer !== undefined && isElementwise(producer) && producer.inputs.every(isScalar);
    known.set(value, is);
    return is;
  };
  return isScalar;
}

/** Nodes behind those that they read, otherwise in the order in which they were. */
function sorted(nodes: readonly Node[]): Node[] {
  const producer = new Map(nodes.flatMap((n) => n.outputs.map((y) => [y, n] as const)));
  const done = new Set<Node>();
  const result: Node[] = [];
  for (const end of nodes) {
    const open = [end];
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      const waiting = top.inputs.flatMap((x) => {
        const before = producer.get(x);
        return before === undefined || done.has(before) ? [] : [before];
      });
      if (waiting.length > 0) {
        open.push(...waiting);
        continue;
      }
      open.pop();
      if (!done.has(top)) result.push(top);
      done.add(top);
    }
  }
  return result;
}
