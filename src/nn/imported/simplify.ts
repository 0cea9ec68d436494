import { intsOf, stringOf } from '../../graph/attributes.js';
import { withoutUnread } from '../../graph/prune.js';
import { onlyReader, readersOf } from '../../graph/readers.js';
import { type Graph, type Node, numbersOf, type Value } from '../../graph/types.js';

/**
 * The same function in fewer nodes, so that steps are fast: copies and dropout go, as do transpositions that undo each other
 * (networks with channels last have many), and padding with zeros becomes part of the convolution behind it.
 */
export function simplified(graph: Graph): Graph {
  return withoutUnread(withPadding(withoutTransposes(withoutCopies(graph))));
}

function withoutCopies(graph: Graph): Graph {
  const same = new Map<Value, Value>();
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const nodes = graph.nodes.flatMap((node): Node[] => {
    const inputs = node.inputs.map((x) => same.get(x) ?? x);
    const [x = ''] = inputs;
    const [y = '', mask] = node.outputs;
    const copies = node.domain === '' && (node.op === 'Identity' || (node.op === 'Dropout' && mask === undefined));
    if (!copies || outputs.has(y)) return [{ ...node, inputs }];
    same.set(y, x);
    return [];
  });
  return { ...graph, nodes };
}

function withoutTransposes(graph: Graph): Graph {
  const made = new Map<Value, Node>();
  const same = new Map<Value, Value>();
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const nodes = graph.nodes.map((node): Node => {
    const moved = { ...node, inputs: node.inputs.map((x) => same.get(x) ?? x) };
    const [y = ''] = node.outputs;
    if (node.op !== 'Transpose' || node.domain !== '') return moved;
    made.set(y, moved);
    const before = made.get(moved.inputs[0] ?? '');
    const [first, second] = [before && intsOf(before, 'perm'), intsOf(node, 'perm')];
    if (before === undefined || first === undefined || second === undefined) return moved;
    const perm = second.map((p) => first[p] ?? 0);
    const [x = ''] = before.inputs;
    if (perm.every((p, i) => p === i) && !outputs.has(y)) same.set(y, x);
    const joined: Node = { ...moved, inputs: [x], attributes: { perm: { kind: 'ints', value: perm } } };
    made.set(y, joined);
    return joined;
  });
  return { ...graph, nodes };
}

function withPadding(graph: Graph): Graph {
  const readers = readersOf(graph);
  const pads = new Map<Value, { readonly x: Value; readonly pads: readonly number[] }>();
  const nodes = graph.nodes.map((node): Node => {
    const [x = '', ...rest] = node.inputs;
    const [y = ''] = node.outputs;
    if (node.op === 'Pad' && node.domain === '') {
      const reader = onlyReader(readers, y);
      const spatial = spatialPads(graph, node);
      if (spatial !== undefined && reader?.op === 'Conv' && reader.domain === '') pads.set(y, { x, pads: spatial });
      return node;
    }
    const padding = node.op === 'Conv' && node.domain === '' ? pads.get(x) : undefined;
    if (padding === undefined || stringOf(node, 'auto_pad', 'NOTSET') !== 'NOTSET') return node;
    const own = intsOf(node, 'pads') ?? padding.pads.map(() => 0);
    const value = own.map((p, i) => p + (padding.pads[i] ?? 0));
    return { ...node, inputs: [padding.x, ...rest], attributes: { ...node.attributes, pads: { kind: 'ints', value } } };
  });
  return { ...graph, nodes };
}

/** Zeros that a Pad node puts around planes [N, C, H, W]: top, left, bottom, right. Undefined for any other padding. */
function spatialPads(graph: Graph, node: Node): readonly number[] | undefined {
  const [, pads = '', value = '', axes = ''] = node.inputs;
  const given = graph.initializers.get(pads);
  const filled = value === '' ? undefined : graph.initializers.get(value);
  if (stringOf(node, 'mode', 'constant') !== 'constant' || given === undefined || axes !== '') return undefined;
  if (value !== '' && (filled === undefined || numbersOf(filled)[0] !== 0)) return undefined;
  const [n = 0, c = 0, top = 0, left = 0, n2 = 0, c2 = 0, bottom = 0, right = 0] = numbersOf(given);
  const outside = [n, c, n2, c2].every((p) => p === 0) && [top, left, bottom, right].every((p) => p >= 0);
  return outside && numbersOf(given).length === 8 ? [top, left, bottom, right] : undefined;
}
