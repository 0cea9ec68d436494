import { producersOf, readersOf } from '../../graph/readers.js';
import { type Graph, type Node, numbersOf, type Value } from '../../graph/types.js';

/** What a network does to its pictures before the first layer: y = scale·x + shift for each channel. */
export interface InnerNormalisation {
  readonly scale: readonly [number, number, number];
  readonly shift: readonly [number, number, number];
  /** Names of the nodes. */
  readonly nodes: ReadonlySet<string>;
}

/**
 * Finds a normalisation at a graph's input: a chain of Sub, Div, Mul and Add with numbers, or with one number for each
 * channel. Undefined where there is none.
 */
export function innerNormalisation(graph: Graph): InnerNormalisation | undefined {
  const readers = readersOf(graph);
  const made = producersOf(graph);
  const nodes = new Set<string>();
  let scale: readonly number[] = [1, 1, 1];
  let shift: readonly number[] = [0, 0, 0];
  let value: Value = graph.inputs[0]?.name ?? '';
  for (;;) {
    const all = readers.get(value) ?? [];
    const [node] = all;
    if (node === undefined || all.length > 1 || node.domain !== '') break;
    const other = operandOf(node, value);
    const numbers = other === undefined ? undefined : constantsOf(graph, made, other);
    if (numbers === undefined) {
      if (node.op !== 'Transpose' && node.op !== 'Cast' && node.op !== 'Identity') break;
    } else {
      const step = apply(node, value, scale, shift, numbers);
      if (step === undefined) break;
      ({ scale, shift } = step);
      nodes.add(node.name);
      const maker = made.get(other ?? '');
      if (maker !== undefined) nodes.add(maker.name);
    }
    value = node.outputs[0] ?? '';
  }
  const [a = 1, b = 1, c = 1] = scale;
  const [d = 0, e = 0, f = 0] = shift;
  return nodes.size === 0 ? undefined : { scale: [a, b, c], shift: [d, e, f], nodes };
}

function operandOf(node: Node, value: Value): Value | undefined {
  return ['Sub', 'Add', 'Mul', 'Div'].includes(node.op) ? node.inputs.find((x) => x !== value) : undefined;
}

/** A constant, for each channel; or one that a number scales. */
function constantsOf(
  graph: Graph,
  made: ReadonlyMap<Value, Node>,
  value: Value,
  deep = true,
): readonly number[] | undefined {
  const tensor = graph.initializers.get(value);
  if (tensor?.dtype === 'float32') {
    const numbers = numbersOf(tensor);
    if (numbers.length === 1) return Array<number>(3).fill(numbers[0] ?? 0);
    return numbers.length === 3 ? numbers : undefined;
  }
  const node = made.get(value);
  if (!deep || node?.domain !== '' || (node.op !== 'Mul' && node.op !== 'Div')) return undefined;
  const [a, b] = node.inputs.map((x) => constantsOf(graph, made, x, false));
  if (a === undefined || b === undefined) return undefined;
  return a.map((x, i) => (node.op === 'Mul' ? x * (b[i] ?? 1) : x / (b[i] ?? 1)));
}

function apply(
  node: Node,
  value: Value,
  scale: readonly number[],
  shift: readonly number[],
  numbers: readonly number[],
): { scale: readonly number[]; shift: readonly number[] } | undefined {
  const first = node.inputs[0] === value;
  const each = (xs: readonly number[], f: (x: number, n: number) => number) => xs.map((x, i) => f(x, numbers[i] ?? 0));
  switch (node.op) {
    case 'Add':
      return { scale, shift: each(shift, (x, n) => x + n) };
    case 'Sub':
      return first ? { scale, shift: each(shift, (x, n) => x - n) } : undefined;
    case 'Mul':
      return { scale: each(scale, (x, n) => x * n), shift: each(shift, (x, n) => x * n) };
    default:
      return first ? { scale: each(scale, (x, n) => x / n), shift: each(shift, (x, n) => x / n) } : undefined;
  }
}
