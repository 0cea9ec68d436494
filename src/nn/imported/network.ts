import { UserError } from '../../core/errors.js';
import { isSupportedOp } from '../../graph/custom-operators.js';
import { type BatchFree, importFreeBatch } from '../../graph/free-batch.js';
import { opKey } from '../../graph/ops.js';
import { withoutUnread } from '../../graph/prune.js';
import { producersOf } from '../../graph/readers.js';
import type { Graph, Model, Node, Value } from '../../graph/types.js';
import { UPGRADES } from '../../graph/upgrade.js';
import { dequantised } from './dequantise.js';
import { inSinglePrecision } from './single-precision.js';
import { withPlainWeightNorms } from './weight-norms.js';

/** A classifier's graph, as it came, and what its input is. */
export interface SourceGraph {
  readonly graph: Graph;
  readonly opset: number;
  readonly input: Value;
  /** The output that gives the classes. */
  readonly output: Value;
  readonly channelsLast: boolean;
  /** Pictures in a batch, and the sides of one, where the file has them fixed. */
  readonly batch: number | undefined;
  readonly height: number | undefined;
  readonly width: number | undefined;
}

/**
 * Looks at a model as a classifier of pictures: its input, its output, and whether all its operators are known.
 *
 * @throws {UserError} if it has no input for pictures, or listing all operators that are not known
 */
export function sourceOf(model: Model, wanted: Value | undefined): SourceGraph {
  const opset = model.opsets[''] ?? 1;
  const plain = withOwnConstants(dequantised(inSinglePrecision(model.graph)));
  const named = wanted ?? (plain.outputs.find(({ name }) => name === 'logits') ?? plain.outputs[0])?.name;
  const found = plain.outputs.find(({ name }) => name === named);
  if (found === undefined) {
    throw new UserError(
      `it has no output "${named ?? ''}"; its outputs are ${quoted(plain.outputs.map((o) => o.name))}`,
    );
  }
  const scores = beforeDecision(plain, found.name);
  const info = scores === found.name ? found : { name: scores, dtype: 'float32' as const, dims: undefined };
  const graph = withPlainWeightNorms(withoutUnread({ ...plain, outputs: [info] }), opset);
  const unknown = graph.nodes.filter((node) => !isSupportedOp(opKey(node)) && UPGRADES[opKey(node)] === undefined);
  if (unknown.length > 0)
    throw new UserError(`onecycle does not know these of its operators:\n  ${listed(unknown.map(nameOf))}`);
  const pictures = graph.inputs.filter(({ dims }) => dims?.length === 4);
  const [input] = pictures;
  if (input === undefined || graph.inputs.length > 1) {
    throw new UserError(
      `a classifier has one input, of pictures with four axes; this one has ${quoted(graph.inputs.map((i) => `${i.name} [${i.dims ?? '?'}]`)) || 'none'}`,
    );
  }
  if (input.dtype !== 'float32' && input.dtype !== 'uint8') {
    throw new UserError(`its input "${input.name}" is of ${input.dtype}; pictures are float32 or uint8`);
  }
  const [batch, first, second, third] = input.dims ?? [];
  const channelsLast = isChannelsLast(graph, input.name, first, third);
  const channels = channelsLast ? third : first;
  if (typeof channels === 'number' && channels !== 3) {
    throw new UserError(`its pictures have ${channels} channels, shape [${input.dims}]; onecycle's have 3 (RGB)`);
  }
  const [height, width] = channelsLast ? [first, second] : [second, third];
  const known = (d: number | string | undefined) => (typeof d === 'number' && d > 0 ? d : undefined);
  return {
    ...{ graph, opset, input: input.name, output: info.name, channelsLast },
    ...{ batch: known(batch), height: known(height), width: known(width) },
  };
}

/** What picks the best of the scores: no part of a classifier that is trained. */
const DECISIONS: ReadonlySet<string> = new Set(['ArgMax', 'TopK', 'Hardmax']);
/** What may stand between a decision and an output. */
const FORMS: ReadonlySet<string> = new Set(['Identity', 'Cast', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze']);

/** The scores, where an output gives the best class or classes; otherwise the output itself. */
function beforeDecision(graph: Graph, output: Value): Value {
  const byOutput = producersOf(graph);
  for (let node = byOutput.get(output); node?.domain === ''; node = byOutput.get(node.inputs[0] ?? '')) {
    if (DECISIONS.has(node.op)) return node.inputs[0] ?? output;
    if (!FORMS.has(node.op)) break;
  }
  return output;
}

/**
 * PyTorch's exporter keeps constants that are equal as one, and copies of it under the others' names: the scales of norms that
 * have not been trained yet, for instance. Each becomes a constant of its own, which is trained by itself.
 */
function withOwnConstants(graph: Graph): Graph {
  const initializers = new Map(graph.initializers);
  const nodes = graph.nodes.filter((node) => {
    const [x = ''] = node.inputs;
    const [y = ''] = node.outputs;
    const tensor = node.op === 'Identity' && node.domain === '' ? initializers.get(x) : undefined;
    if (tensor?.dtype !== 'float32' || graph.outputs.some(({ name }) => name === y)) return true;
    initializers.set(y, { ...tensor, data: tensor.data.slice() });
    return false;
  });
  return { ...graph, nodes, initializers };
}

function isChannelsLast(graph: Graph, input: Value, first: unknown, last: unknown): boolean {
  if (first === 3 || last === 3) return first !== 3;
  // Everything is open: what reads the pictures tells.
  const reader = graph.nodes.find((node) => node.op === 'Transpose' && node.inputs.includes(input));
  const perm = reader?.attributes.perm;
  return perm?.kind === 'ints' && perm.value.join() === '0,3,1,2';
}

/** The graph for pictures of a size and any number of them. */
export function atSize(source: SourceGraph, graph: Graph, height: number, width: number): BatchFree {
  const dims = source.channelsLast ? [0, height, width, 3] : [0, 3, height, width];
  return importFreeBatch(graph, dims, source.opset, source.batch ?? 1);
}

/** The same for the part that is trained, every node of which must see each picture alone. */
export function bodyAtSize(source: SourceGraph, graph: Graph, height: number, width: number): BatchFree {
  const net = atSize(source, graph, height, width);
  const [losing] = net.losing;
  if (losing === undefined) return net;
  throw new UserError(
    `${nameOf(losing)} is made for ${source.batch ?? 1} pictures and for no other number; export the model with a dynamic batch axis`,
  );
}

/** Sides to look at a network with that leaves its size open: the usual one first. */
const SIDES = [224, 256, 192, 384, 240, 299, 128, 96, 64, 32] as const;

export interface Sized {
  readonly net: BatchFree;
  readonly height: number;
  readonly width: number;
}

/**
 * The graph at the size it was made for, or one that passes.
 *
 * @param wanted a side to try first
 * @throws {UserError} why the first size does not pass, if none does
 */
export function atFirstSize(source: SourceGraph, wanted: number | undefined): Sized {
  const { height, width } = source;
  if (height !== undefined && width !== undefined) {
    return { net: atSize(source, source.graph, height, width), height, width };
  }
  const sides = [...(wanted === undefined ? [] : [wanted]), height ?? width ?? SIDES[0], ...SIDES];
  let why: unknown;
  for (const side of sides) {
    try {
      return { net: atSize(source, source.graph, side, side), height: side, width: side };
    } catch (error) {
      if (!isRefusal(error)) throw error;
      why ??= error;
    }
  }
  throw why;
}

/** Whether a graph was refused, and not a mistake of the program's; shape rules throw plain errors. */
export function isRefusal(error: unknown): error is Error {
  return error instanceof UserError || (error instanceof Error && error.constructor === Error);
}

export function nameOf(node: Node): string {
  return `node ${node.name} (${opKey(node)})`;
}

const MOST_LISTED = 20;

export function listed(items: readonly string[]): string {
  const rest = items.length - MOST_LISTED;
  return items.slice(0, MOST_LISTED).join('\n  ') + (rest > 0 ? `\n  and ${rest} more` : '');
}

export function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}
