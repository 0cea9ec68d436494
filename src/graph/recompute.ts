import { float32, type Graph, int64, type Node, sizeOf, type TensorData, type Value } from './types.js';

/** A differentiated graph, and what is known about its forward pass. */
export interface Differentiated {
  readonly graph: Graph;
  /** Names of the nodes of the forward pass. */
  readonly forward: ReadonlySet<string>;
  /** The pictures as floats, or whatever else the activations are computed from. */
  readonly from: Value;
  dims(value: Value): readonly number[];
}

/** A stretch of the forward pass that only one activation enters and only one leaves. */
interface Segment {
  readonly enters: Value;
  readonly leaves: Value;
  readonly nodes: readonly Node[];
}

/**
 * Trades time for memory (Chen et al. 2016, "Training deep nets with sublinear memory cost"): of the forward pass only the
 * activations between a few segments are kept; the backward pass computes the others again, segment by segment, when it comes
 * to them. About a third more arithmetic; the results are the same.
 *
 * @param segments about how many segments there should be
 */
export function recomputing(d: Differentiated, segments = 6): Graph {
  let { graph } = d;
  for (const segment of cut(d, segments)) graph = computedAgain({ ...d, graph }, segment);
  return graph;
}

/** The segments that are worth computing again: all but the last, whose activations are wanted at once. */
function cut(d: Differentiated, wanted: number): Segment[] {
  const nodes = d.graph.nodes.filter((n) => d.forward.has(n.name));
  const active = new Set([d.from]);
  const path = nodes.filter((n) => {
    const depends = n.inputs.some((x) => active.has(x));
    if (depends) for (const y of n.outputs) active.add(y);
    return depends;
  });
  const lastReader = new Map<Value, number>();
  path.forEach((n, i) => {
    for (const x of n.inputs) if (active.has(x)) lastReader.set(x, i);
  });
  const size = (n: Node) => n.outputs.reduce((sum, y) => sum + (y === '' ? 0 : sizeOf(d.dims(y))), 0);
  const total = path.reduce((sum, n) => sum + size(n), 0);

  // Places where a single activation is all that the rest of the forward pass needs.
  const places: { index: number; value: Value; volume: number }[] = [];
  const live = new Set([d.from]);
  let volume = 0;
  path.forEach((n, index) => {
    for (const y of n.outputs) if ((lastReader.get(y) ?? -1) > index) live.add(y);
    for (const x of live) if ((lastReader.get(x) ?? -1) <= index) live.delete(x);
    volume += size(n);
    const [value = '', ...others] = live;
    if (value !== '' && others.length === 0) places.push({ index, value, volume });
  });

  const found: Segment[] = [];
  let last = { index: -1, value: d.from, volume: 0 };
  for (;;) {
    // What is kept must be little beside what is not; of the places near the wanted volume, the narrowest.
    const share = (p: { volume: number }) => ((p.volume - last.volume) * wanted) / total;
    const fit = places.filter((p) => share(p) >= 0.5 && 4 * sizeOf(d.dims(p.value)) <= p.volume - last.volume);
    const [first] = fit;
    if (first === undefined) return found;
    const near = fit.filter((p) => share(p) <= Math.max(1.5, 1.25 * share(first)));
    const narrowest = near.reduce(
      (best, p) => (sizeOf(d.dims(p.value)) <= sizeOf(d.dims(best.value)) ? p : best),
      first,
    );
    const nodes = path.slice(last.index + 1, narrowest.index + 1);
    found.push({ enters: last.value, leaves: narrowest.value, nodes });
    last = narrowest;
  }
}

/** The graph in which the backward pass reads its own copies of a segment's activations. */
function computedAgain(d: Differentiated, segment: Segment): Graph {
  const { graph } = d;
  const copies = new Map<Value, Value>();
  for (const n of segment.nodes) for (const y of n.outputs) if (y !== '') copies.set(y, `${y}:again`);
  const readsCopies = (n: Node) =>
    !d.forward.has(n.name) && n.inputs.some((x) => x !== segment.leaves && copies.has(x));
  const first = graph.nodes.findIndex(readsCopies);
  const signal = first < 0 ? undefined : signalOf(graph, segment, first);
  if (signal === undefined) return graph;
  const held = `${segment.enters}:again`;
  const name = (x: Value) => (x === segment.enters ? held : (copies.get(x) ?? x));
  const again = segment.nodes.map((n) => ({
    ...n,
    name: `${n.name}:again`,
    inputs: n.inputs.map(name),
    outputs: n.outputs.map((y) => copies.get(y) ?? y),
  }));
  const rewired = graph.nodes.slice(first).map((n) => {
    if (!readsCopies(n)) return n;
    return { ...n, inputs: n.inputs.map((x) => (x === segment.leaves ? x : (copies.get(x) ?? x))) };
  });
  const { nodes, initializers } = holdBack(segment.enters, signal, held);
  return {
    ...graph,
    nodes: [...graph.nodes.slice(0, first), ...nodes, ...again, ...rewired],
    initializers: new Map([...graph.initializers, ...initializers]),
  };
}

/**
 * A value that is there only when the backward pass has left the segment behind this one: the gradient of the first weights
 * there.
 */
function signalOf(graph: Graph, segment: Segment, before: number): Value | undefined {
  const reads = (n: Node) => n.op === 'ConvWeightGrad' && n.inputs[1] === segment.leaves;
  return graph.nodes.slice(0, before).find(reads)?.outputs[0];
}

/** `held` is `x` plus nothing, but not before `signal` is there; otherwise the runtime would compute again at once. */
function holdBack(
  x: Value,
  signal: Value,
  held: Value,
): { nodes: Node[]; initializers: (readonly [Value, TensorData])[] } {
  const node = (op: string, inputs: readonly Value[], output: Value): Node => ({
    op,
    domain: '',
    name: output,
    inputs,
    outputs: [output],
    attributes: {},
  });
  const [flat, one, nothing] = [`${held}:flat`, `${held}:one`, `${held}:nothing`];
  return {
    nodes: [
      node('Reshape', [signal, 'recompute:all'], flat),
      node('Slice', [flat, 'recompute:0', 'recompute:1'], one),
      node('Mul', [one, 'recompute:zero'], nothing),
      node('Add', [x, nothing], held),
    ],
    initializers: [
      ['recompute:all', int64([1], [-1])],
      ['recompute:0', int64([1], [0])],
      ['recompute:1', int64([1], [1])],
      ['recompute:zero', float32([1], [0])],
    ],
  };
}
