import { intOf, intsOf } from '../graph/attributes.js';
import { GraphBuilder } from '../graph/builder.js';
import { multiplyAddsOf } from '../graph/multiply-adds.js';
import { type Node, sizeOf, type Value } from '../graph/types.js';
import { groupOf } from '../nn/architecture.js';
import { Forward, type NormSpec, type ParameterSpec } from '../nn/forward.js';
import { tracingSource } from '../nn/tracing.js';
import { type Freezing, isTrained } from './freezing.js';
import { featuresOf, type Network, outputsOf } from './network.js';

/** What a layer has and does; or a product of matrices that has no parameters, as attention has them. */
export interface LayerSummary {
  /** The name that its parameters begin with. */
  readonly name: string;
  readonly type: string;
  /** Shape of its output for one picture, without the batch. */
  readonly output: readonly number[];
  /** The layer group; the last one is the head. */
  readonly group: number;
  readonly parameters: number;
  /** Parameters that training changes now, and those that it changes while the body is frozen. */
  readonly trainable: number;
  readonly trainableFrozen: number;
  readonly multiplyAdds: number;
}

export interface GroupSummary {
  readonly group: number;
  /** Its layers with parameters. */
  readonly layers: number;
  readonly parameters: number;
  readonly trainable: number;
  readonly trainableFrozen: number;
  readonly multiplyAdds: number;
}

/** A network's layers and layer groups, and their sums. */
export interface NetworkSummary {
  readonly name: string;
  /** Side of the square pictures, in pixels. */
  readonly size: number;
  /** Classes, or a regression's outputs. */
  readonly classes: number;
  readonly layers: readonly LayerSummary[];
  readonly groups: readonly GroupSummary[];
  readonly parameters: number;
  /** Parameters that training changes now; that it changes while the body is frozen; unfrozen, it changes all. */
  readonly trainable: number;
  readonly trainableFrozen: number;
  /** Values of batch norms' running statistics, which are no parameters. */
  readonly statistics: number;
  /** Of one picture: products of convolutions, linear layers and matrices. */
  readonly multiplyAdds: number;
  /** Size of the parameters as float32. */
  readonly bytes: number;
}

/**
 * Lists a network's layers from its traced graph, in the order in which they ask for their parameters.
 *
 * @param size side of the square pictures, in pixels
 * @param freezing what is trained
 * @throws {UserError} if the network does not take pictures of this size
 */
export function summaryOf(net: Network, size: number, freezing: Freezing): NetworkSummary {
  const b = new GraphBuilder('summary');
  const specs: ParameterSpec[] = [];
  const norms: NormSpec[] = [];
  const f = new Forward(b, tracingSource(b, specs, norms));
  outputsOf(f, net, featuresOf(f, net, b.input('pictures', 'float32', [1, 3, size, size])));

  const last = net.arch.groups.length;
  const frozen: Freezing = { ...freezing, firstTrained: last };
  const layers: LayerSummary[] = [];
  for (const { name, node, specs: own } of rows(b.nodes, specs)) {
    const multiplyAdds = multiplyAddsOf(node, (value) => b.dims(value));
    if (own.length === 0 && multiplyAdds === 0) continue;
    // A product without parameters goes with the layer before it.
    const group = own.length === 0 ? (layers.at(-1)?.group ?? 0) : groupOf(net.arch, own[0]?.name ?? '');
    const trained = (state: Freezing) => count(own.filter((spec) => isTrained(spec.kind, group, state)));
    layers.push({
      name,
      type: typeOf(node, b),
      output: outputDims(node, own, b).slice(1),
      group,
      parameters: count(own),
      trainable: trained(freezing),
      trainableFrozen: trained(frozen),
      multiplyAdds,
    });
  }
  const groups = Array.from({ length: last + 1 }, (_, group) => {
    const members = layers.filter((layer) => layer.group === group);
    return { group, layers: members.filter((layer) => layer.parameters > 0).length, ...sums(members) };
  });
  const all = sums(layers);
  return {
    name: net.arch.name,
    size,
    classes: net.classes,
    layers,
    groups,
    ...all,
    statistics: norms.reduce((n, { channels }) => n + 2 * channels, 0),
    bytes: 4 * all.parameters,
  };
}

function count(specs: readonly ParameterSpec[]): number {
  return specs.reduce((n, { dims }) => n + sizeOf(dims), 0);
}

const SUMMED = ['parameters', 'trainable', 'trainableFrozen', 'multiplyAdds'] as const;

function sums(layers: readonly LayerSummary[]): Record<(typeof SUMMED)[number], number> {
  const sum = (key: (typeof SUMMED)[number]) => layers.reduce((n, layer) => n + layer[key], 0);
  return {
    parameters: sum('parameters'),
    trainable: sum('trainable'),
    trainableFrozen: sum('trainableFrozen'),
    multiplyAdds: sum('multiplyAdds'),
  };
}

interface Row {
  readonly name: string;
  readonly node: Node;
  readonly specs: readonly ParameterSpec[];
}

/** Nodes in order, each with the parameters of the layer that it is; a layer's further nodes have none left. */
function rows(nodes: readonly Node[], specs: readonly ParameterSpec[]): Row[] {
  const byLayer = new Map<string, ParameterSpec[]>();
  for (const spec of specs) byLayer.set(layerOf(spec.name), [...(byLayer.get(layerOf(spec.name)) ?? []), spec]);
  const layerOfValue = new Map<Value, string>(specs.map(({ name }) => [name, layerOf(name)]));
  return nodes.flatMap((node) => {
    const layers = new Set(node.inputs.flatMap((value) => layerOfValue.get(value) ?? []));
    const read = [...layers].flatMap((name) => {
      const own = byLayer.get(name);
      if (own === undefined) return [];
      byLayer.delete(name);
      return [{ name, node, specs: own }];
    });
    return read.length > 0 ? read : [{ name: node.name, node, specs: [] }];
  });
}

/** `layer1.0.conv1` of `layer1.0.conv1.weight`; a parameter of another kind, such as a token, stands for itself. */
function layerOf(parameter: string): string {
  return parameter.replace(/\.(weight|bias)$/, '');
}

/**
 * A linear layer over tokens is a product of rows, whose reshape gives the layer's shape; a parameter that is no layer has its
 * own.
 */
function outputDims(node: Node, [first]: readonly ParameterSpec[], b: GraphBuilder): readonly number[] {
  const [y = ''] = node.outputs;
  if (first !== undefined && typeOf(node, b) === PARAMETER) return first.dims;
  const reshape = node.op === 'Gemm' ? b.nodes.find((n) => n.op === 'Reshape' && n.inputs[0] === y) : undefined;
  return b.dims(reshape?.outputs[0] ?? y);
}

/** A parameter that is added or multiplied, such as a position's. */
const PARAMETER = 'Parameter';

function typeOf(node: Node, b: GraphBuilder): string {
  switch (node.op) {
    case 'Conv':
      return convolution(node, b);
    case 'Gemm':
      return 'Linear';
    case 'MatMul':
      return 'MatMul';
    case 'BatchNormalization':
      return 'BatchNorm';
    case 'LayerNormalization':
      return 'LayerNorm';
    default:
      return PARAMETER;
  }
}

/** `Conv 3×3 /2, 32 groups`: the kernel, the stride if it is not 1, and the groups; `depthwise` if each channel is one. */
function convolution(node: Node, b: GraphBuilder): string {
  const [, channels = 1, ...kernel] = b.dims(node.inputs[1] ?? '');
  const stride = intsOf(node, 'strides')?.[0] ?? 1;
  const groups = intOf(node, 'group', 1);
  const grouped = groups === 1 ? '' : channels === 1 ? ', depthwise' : `, ${groups} groups`;
  return `Conv ${kernel.join('×')}${stride === 1 ? '' : ` /${stride}`}${grouped}`;
}
