import { UserError } from '../core/errors.js';
import { buffersOf } from './buffers.js';
import { GraphBuilder } from './builder.js';
import { isSupportedOp } from './custom-operators.js';
import { foldNode } from './fold.js';
import { OPSET } from './model.js';
import { OPS, opKey } from './ops.js';
import { type Graph, type Node, sizeOf, type TensorData, type Value, type ValueInfo } from './types.js';
import { UPGRADES, type UpgradeContext } from './upgrade.js';

/**
 * A graph from a file as the project works with it: static shapes, the operators of the project's operator set, and what
 * exporters compute of shapes (Shape, Gather, Concat and so on, up to Reshape) done beforehand, so that every value's type
 * is known. Names of values stay.
 *
 * @param dims the shape of each input by name; those with a known shape in the file may be left out
 * @param opset the operator set of the file, `model.opsets['']`
 * @throws {UserError} naming the node where an operator is not known or a shape cannot be
 */
export function importGraph(
  graph: Graph,
  dims: Readonly<Record<Value, readonly number[]>> = {},
  opset: number = OPSET,
): GraphBuilder {
  const importer = new Importer(graph, dims, opset);
  for (const node of graph.nodes) for (const part of importer.upgraded(node)) importer.add(part);
  return importer.finish();
}

/** Imports a graph node by node, in the graph's order. */
export class Importer {
  readonly b: GraphBuilder;
  /** Arrays of floats that stand in the file, as weights do, under all their forms. */
  readonly #stored = new Set<Value>();
  /** Those, and what is computed of them. */
  readonly #ofStored = new Set<Value>();
  /** Constants that are part of the computation, such as coordinates: no weights of the file, nor computed of them. */
  readonly computed = new Set<Value>();
  /** Whether the file has its weights in nodes: usually those are initializers, and nodes hold the computation's constants. */
  readonly #weightsInNodes: boolean;

  constructor(
    private readonly graph: Graph,
    dims: Readonly<Record<Value, readonly number[]>>,
    private readonly opset: number,
  ) {
    const b = new GraphBuilder(graph.name);
    this.b = b;
    const strange = Object.keys(dims).find((name) => !graph.inputs.some((info) => info.name === name));
    if (strange !== undefined) {
      const names = graph.inputs.map(({ name }) => `"${name}"`).join(', ');
      throw new UserError(`the graph ${graph.name} has no input "${strange}"; it has ${names}`);
    }
    for (const info of graph.inputs) b.input(info.name, info.dtype, staticDims(info, dims[info.name]));
    const buffers = buffersOf(graph);
    for (const [name, tensor] of graph.initializers) {
      b.declareInitializer(name, tensor);
      if (buffers.has(name)) this.computed.add(name);
      else if (isArray(tensor)) this.#store(name);
    }
    this.#weightsInNodes = holdsWeightsInNodes(graph);
    for (const node of graph.nodes) for (const value of node.outputs) b.reserve(value);
  }

  /** A node in the project's operator set, which may take nodes before and after it. */
  upgraded(node: Node): readonly Node[] {
    const upgrade = UPGRADES[opKey(node)];
    if (upgrade === undefined) return [node];
    const { b } = this;
    const before: Node[] = [];
    const after: Node[] = [];
    const named = (op: string): string => b.unique(`${node.name}:${op}`);
    const c: UpgradeContext = {
      node,
      opset: this.opset,
      constant: (tensor) => {
        const value = named('constant');
        b.declareInitializer(value, tensor);
        this.computed.add(value);
        return value;
      },
      before: (op, inputs, attributes = {}) => {
        const name = named(op);
        const value = b.unique(`${name}:y`);
        before.push({ op, domain: '', name, inputs, outputs: [value], attributes });
        return value;
      },
      fresh: () => named('y'),
      after: (behind) => after.push({ ...behind, domain: '', name: named(behind.op) }),
      dims: (value) => b.dims(value),
      dtype: (value) => b.dtype(value),
      known: (value) => b.initializers.get(value),
      fail: (message) => new UserError(`node ${node.name} (${node.op}): ${message}`),
    };
    const main = upgrade(c);
    return [...before, main, ...after];
  }

  /** Computes a node now if its inputs are known, else puts it into the graph. */
  add(node: Node): void {
    const { b } = this;
    const key = opKey(node);
    if (!isSupportedOp(key)) {
      throw new UserError(
        `node ${node.name} (${key}): this operator is not known to onecycle, which knows ${OPS.length} others`,
      );
    }
    for (const value of node.inputs) {
      if (value !== '' && !b.hasValue(value)) {
        throw new UserError(`node ${node.name} (${key}): its input "${value}" is computed nowhere before it`);
      }
    }
    const trimmed = { ...node, outputs: withoutTrailing(node.outputs) };
    const [first = ''] = trimmed.outputs;
    const folded = foldNode(b.contextOf(trimmed), (i) => b.initializers.get(trimmed.inputs[i] ?? ''));
    if (folded !== undefined) {
      const isForm = node.inputs.some((x) => this.#stored.has(x) && b.initializers.get(x)?.data === folded.data);
      if (isForm || folded.dtype !== 'float32' || !this.#worksOnWeights(node)) {
        b.declareInitializer(first, folded);
        if (isForm || (key === 'Constant' && this.#weightsInNodes && isArray(folded))) this.#store(first);
        else if (key !== 'Shape' && node.inputs.some((x) => this.#ofStored.has(x))) this.#ofStored.add(first);
        else this.computed.add(first);
        return;
      }
    }
    b.append({ ...trimmed, name: b.unique(node.name) });
  }

  #store(value: Value): void {
    this.#stored.add(value);
    this.#ofStored.add(value);
  }

  /**
   * Whether a node works on what is likely to be trained: on more than a vector, or on a vector that it scales or joins. It stays, so
   * that gradients pass through it to the weights. Other sums of vectors, such as a deviation from a variance, are worked out.
   */
  #worksOnWeights(node: Node): boolean {
    const own = node.inputs.filter((x) => this.#stored.has(x));
    if (own.some((x) => this.b.dims(x).filter((d) => d > 1).length > 1)) return true;
    // More of them than any list of scales has: biases side by side, such as those of queries and values.
    if (node.op === 'Concat' && own.reduce((n, x) => n + sizeOf(this.b.dims(x)), 0) > 8) return true;
    const scales = ['Mul', 'Div', 'Clip'].includes(node.op) && this.#stored.has(node.inputs[0] ?? '');
    return scales && node.inputs.slice(1).every((x) => x === '' || sizeOf(this.b.dims(x)) === 1);
  }

  /** Names the outputs, and drops the constants that only nodes read that are done. */
  finish(): GraphBuilder {
    const { b } = this;
    for (const { name } of this.graph.outputs) {
      if (!b.hasValue(name)) throw new UserError(`the graph ${this.graph.name} never computes its output "${name}"`);
      b.output(name);
    }
    const read = new Set([...b.nodes.flatMap((node) => node.inputs), ...b.outputs.map(({ name }) => name)]);
    for (const value of [...b.initializers.keys()]) if (!read.has(value)) b.initializers.delete(value);
    return b;
  }
}

function holdsWeightsInNodes(graph: Graph): boolean {
  const size = (tensors: Iterable<TensorData>) => {
    let elements = 0;
    for (const tensor of tensors) if (isArray(tensor)) elements += tensor.data.length;
    return elements;
  };
  const inNodes = graph.nodes.flatMap((node) => {
    const value = opKey(node) === 'Constant' ? node.attributes.value : undefined;
    return value?.kind === 'tensor' ? [value.value] : [];
  });
  return size(inNodes) > size(graph.initializers.values());
}

function isArray(tensor: TensorData): boolean {
  return tensor.dtype === 'float32' && tensor.data.length > 1;
}

function withoutTrailing(outputs: readonly Value[]): readonly Value[] {
  return outputs.slice(0, outputs.findLastIndex((value) => value !== '') + 1);
}

/** The shape to work with: what was asked for, or what the file says. */
function staticDims(info: ValueInfo, given: readonly number[] | undefined): readonly number[] {
  const declared = info.dims;
  if (given !== undefined) {
    if (declared !== undefined && declared.length !== given.length) {
      throw new UserError(`input "${info.name}" has ${declared.length} dimensions [${declared}], not [${given}]`);
    }
    return given;
  }
  const dims = (declared ?? []).filter((d) => typeof d === 'number');
  if (declared === undefined || dims.length < declared.length) {
    throw new UserError(`input "${info.name}" has the open shape [${declared ?? '?'}]; say which to use`);
  }
  return dims;
}
