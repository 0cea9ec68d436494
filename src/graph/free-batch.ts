import { UserError } from '../core/errors.js';
import type { GraphBuilder } from './builder.js';
import { freed } from './free-batch-rules.js';
import { Importer } from './import.js';
import { OPSET } from './model.js';
import type { Graph, Node, TensorData, Value } from './types.js';

/** A graph in which no constant depends on the number of pictures, with the shapes of its values for two of them. */
export interface BatchFree {
  readonly b: GraphBuilder;
  /** The axis on which a value holds its pictures; undefined where it does not depend on their number. */
  batchAxis(value: Value): number | undefined;
  /** Nodes that read pictures and give something that is not for each of them: they are made for one number of pictures. */
  readonly losing: readonly Node[];
  /** Constants that are no weights of the file, nor computed of them. */
  readonly computed: ReadonlySet<Value>;
}

/** What the two imports know of a value. */
export interface Lanes {
  readonly few: GraphBuilder;
  readonly many: GraphBuilder;
  /** The graph's input. */
  readonly input: Value;
  /** The number of pictures that the file was made for, where it is fixed there. */
  readonly exported: number;
  axis(value: Value): number | undefined;
  /** A constant for both. */
  constant(tensor: TensorData): Value;
  fail(node: Node, message: string): Error;
}

/**
 * Imports a graph of one input for any number of pictures. Exporters write that number into the shapes of Reshape, Expand and
 * others, or compute it; here the graph is imported twice, for two and for three pictures, side by side: what differs is
 * what depends on the number, and is written so that it does not (`free-batch-rules.ts`).
 *
 * @param dims of the input; the first is left open
 * @param exported the number of pictures that the file was made for, 1 where it is open
 * @throws {UserError} naming the node where the number of pictures cannot be freed
 */
export function importFreeBatch(graph: Graph, dims: readonly number[], opset: number = OPSET, exported = 1): BatchFree {
  const [input] = graph.inputs;
  if (input === undefined) throw new UserError(`the graph ${graph.name} has no input`);
  const lane = (n: number) => new Importer(graph, { [input.name]: [n, ...dims.slice(1)] }, opset);
  const [few, many] = [lane(2), lane(3)];
  const axis = (value: Value): number | undefined => differing(few.b.dims(value), many.b.dims(value));
  const lanes: Lanes = {
    few: few.b,
    many: many.b,
    input: input.name,
    exported,
    axis,
    constant: (tensor) => {
      const name = few.b.unique('free');
      many.b.reserve(name);
      for (const { b } of [few, many]) b.declareInitializer(name, tensor);
      return name;
    },
    fail: (node, message) =>
      new UserError(`node ${node.name} (${node.op}): ${message}; export the model with a dynamic batch axis`),
  };
  const losing: Node[] = [];
  for (const node of graph.nodes) {
    const others = many.upgraded(node);
    few.upgraded(node).forEach((part, i) => {
      if (others[i] === undefined) throw lanes.fail(node, 'it depends on the number of pictures');
      for (const free of freed(part, lanes)) {
        const before = few.b.nodes.length;
        few.add(free);
        many.add(free);
        for (const added of few.b.nodes.slice(before)) {
          assertFree(added, lanes);
          if (loses(added, lanes)) losing.push(added);
        }
      }
    });
  }
  return { b: few.finish(), batchAxis: axis, losing, computed: few.computed };
}

/** Where two shapes differ; undefined where they do not, NaN where more than one axis does. */
function differing(a: readonly number[], b: readonly number[]): number | undefined {
  const axes = a.flatMap((d, i) => (d === b[i] ? [] : [i]));
  return axes.length > 1 || a.length !== b.length ? Number.NaN : axes[0];
}

function assertFree(node: Node, lanes: Lanes): void {
  for (const x of node.inputs) {
    const [a, b] = [lanes.few.initializers.get(x), lanes.many.initializers.get(x)];
    if (a === undefined || b === undefined || a === b) continue;
    if (!sameTensor(a, b)) throw lanes.fail(node, 'it depends on the number of pictures in a way that cannot be freed');
  }
  for (const y of node.outputs) {
    if (y !== '' && Number.isNaN(lanes.axis(y))) throw lanes.fail(node, 'it mixes pictures with one another');
  }
}

function loses(node: Node, lanes: Lanes): boolean {
  const reads = node.inputs.some((x) => x !== '' && lanes.axis(x) !== undefined);
  return reads && node.outputs.every((y) => y === '' || lanes.axis(y) === undefined);
}

function sameTensor(a: TensorData, b: TensorData): boolean {
  if (a.dtype !== b.dtype || a.dims.join() !== b.dims.join()) return false;
  return a.data.every((v, i) => Object.is(v, b.data[i]));
}
