import type { AttributeInput } from '../../graph/attributes.js';
import { onlyReader, producersOf, readersOf } from '../../graph/readers.js';
import type { Graph, Node, Value } from '../../graph/types.js';
import type { Forward } from '../forward.js';
import type { ParameterSpec } from '../forward-source.js';
import { layerOf, normNameOf } from './folded.js';
import type { ImportedNorm, Parameters } from './parameters.js';

/** A convolution and the batch norm behind it, which a step may multiply into its weights. */
interface ConvNorm {
  readonly conv: Node;
  readonly norm: ImportedNorm;
}

/** A part of an imported graph, ready to be written into another. */
export class Replay {
  readonly #fused = new Map<string, ConvNorm>();
  readonly #skipped = new Set<string>();

  /**
   * @param graph its constants are those that are no parameters, too; free of the number of pictures
   * @param affine layers whose outputs get a scale and a shift of their own, by the name of their node
   */
  constructor(
    private readonly graph: Graph,
    private readonly parameters: Parameters,
    private readonly affine: ReadonlySet<string>,
  ) {
    const readers = readersOf(graph);
    const made = producersOf(graph);
    for (const node of graph.nodes) {
      const norm = parameters.norms.get(node.name);
      const conv = norm && made.get(node.inputs[0] ?? '');
      if (norm === undefined || conv?.op !== 'Conv' || conv.domain !== '') continue;
      if (onlyReader(readers, conv.outputs[0] ?? '') !== node || !this.#hasOwnWeights(conv, readers)) continue;
      this.#fused.set(node.name, { conv, norm });
      this.#skipped.add(conv.name);
    }
  }

  /** Writes the nodes; gives the values of what was asked for. */
  write(f: Forward, given: ReadonlyMap<Value, Value>, wanted: readonly Value[]): Value[] {
    const values = new Map(given);
    const named = new Map<string, Value>();
    const parameter = ({ name, dims, kind, init }: ParameterSpec): Value => {
      const known = named.get(name) ?? f.parameter(name, dims, kind, init);
      named.set(name, known);
      return known;
    };
    const constant = (x: Value): Value => {
      const tensor = this.graph.initializers.get(x);
      if (tensor === undefined) throw new Error(`the imported graph never computes ${x}`);
      return f.b.constant(tensor, x);
    };
    const lookUp = (x: Value): Value => {
      const known = values.get(x);
      if (known !== undefined || x === '') return known ?? '';
      const spec = this.parameters.specs.get(x);
      const value = spec === undefined ? constant(x) : parameter(spec);
      values.set(x, value);
      return value;
    };
    for (const node of this.graph.nodes) {
      if (this.#skipped.has(node.name)) continue;
      const outputs = this.#node(f, node, lookUp);
      node.outputs.forEach((y, i) => {
        if (y !== '') values.set(y, outputs[i] ?? '');
      });
    }
    return wanted.map(lookUp);
  }

  #node(f: Forward, node: Node, lookUp: (x: Value) => Value): readonly Value[] {
    const [x = ''] = node.inputs;
    const fused = this.#fused.get(node.name);
    if (fused !== undefined) {
      const { conv, norm } = fused;
      const { weight, bias } = this.#convLayer(conv);
      const o = { epsilon: norm.epsilon, momentum: norm.spec.momentum, bias: bias !== undefined };
      const input = lookUp(conv.inputs[0] ?? '');
      return [f.convNormOf(weight.layer, norm.spec.name, input, weight.dims, attributesOf(conv), o)];
    }
    const norm = this.parameters.norms.get(node.name);
    if (norm !== undefined) {
      return [f.batchNorm(norm.spec.name, lookUp(x), { epsilon: norm.epsilon, momentum: norm.spec.momentum })];
    }
    if (this.affine.has(node.name)) {
      const { weight } = this.#convLayer(node);
      return [f.convAffine(weight.layer, normNameOf(weight.layer), lookUp(x), weight.dims, attributesOf(node))];
    }
    const inputs = node.inputs.map(lookUp);
    const o = { domain: node.domain, name: node.name };
    return f.b.ops(node.op, node.outputs.length, inputs, attributesOf(node), o);
  }

  /** A convolution's parameters as `Forward` names them. */
  #convLayer(conv: Node): { weight: { layer: string; dims: readonly number[] }; bias: ParameterSpec | undefined } {
    const [, w = '', b = ''] = conv.inputs;
    const spec = this.parameters.specs.get(w);
    if (spec === undefined) throw new Error(`node ${conv.name} has no weight`);
    return { weight: { layer: layerOf(spec.name), dims: spec.dims }, bias: this.parameters.specs.get(b) };
  }

  /** Whether a convolution's weights are parameters under one layer's name that no other node reads. */
  #hasOwnWeights(conv: Node, readers: ReturnType<typeof readersOf>): boolean {
    const [, w = '', b = ''] = conv.inputs;
    const spec = this.parameters.specs.get(w);
    if (spec === undefined || !spec.name.endsWith('.weight') || onlyReader(readers, w) !== conv) return false;
    const name = spec.name;
    if ([...this.parameters.specs].some(([value, other]) => value !== w && other.name === name)) return false;
    return b === '' || this.parameters.specs.get(b)?.name === `${layerOf(name)}.bias`;
  }
}

const attributesOf = (node: Node): Record<string, AttributeInput> => ({ ...node.attributes });
