import type { GraphBuilder } from '../../graph/builder.js';
import type { Node, Value } from '../../graph/types.js';
import type { Parameters } from './parameters.js';

/** Reductions of a picture's side at which a layer group begins, by the number of groups of the body. */
const STRIDES: Readonly<Record<number, readonly number[]>> = { 1: [], 2: [16], 3: [8, 32] };

/**
 * The body's layer groups by depth: a network that makes its maps smaller is parted where a side becomes a sixteenth, which is
 * where fastai parts ResNets (three groups: at an eighth and at a thirty-second); others have as many layers in each group.
 *
 * @param nodes of the body, in order
 * @param side of the pictures that the shapes are for
 * @param points values through which alone what is behind them depends on the pictures
 */
export function layerGroups(
  b: GraphBuilder,
  nodes: readonly Node[],
  parameters: Parameters,
  side: number,
  count: number,
  points: ReadonlySet<Value>,
): string[][] {
  const layers = nodes.flatMap((node, place): Layer[] => {
    const names = namesOf(node, parameters);
    return names.length > 0 ? [{ names, place, node }] : [];
  });
  const byStride = (STRIDES[count] ?? []).map((stride) => {
    const reached = layers.findIndex(({ node }) => (strideOf(b, node, side) ?? 0) >= stride);
    return reached < 0 ? reached : blockOf(b, nodes, layers, reached, points);
  });
  const stepped = byStride.length === count - 1 && byStride.every((start, i) => start > (byStride[i - 1] ?? 0));
  const weights = layers.flatMap(({ names }, i) => (names.some((name) => isWeight(name, parameters)) ? [i] : []));
  const even = Array.from(
    { length: count - 1 },
    (_, i) => weights[Math.floor(((i + 1) * weights.length) / count)] ?? 0,
  );
  const starts = stepped ? byStride : even;
  const groups = Array.from({ length: count }, (): string[] => []);
  const seen = new Set<string>();
  layers.forEach(({ names }, i) => {
    const group = starts.filter((start) => start <= i).length;
    for (const name of names) {
      if (seen.has(name)) continue;
      seen.add(name);
      groups[group]?.push(name);
    }
  });
  return groups.filter((names) => names.length > 0);
}

interface Layer {
  readonly names: readonly string[];
  readonly place: number;
  readonly node: Node;
}

/**
 * The first layer of the block that a convolution with a stride belongs to: behind the last value that all of the network
 * passes, and with the pointwise convolution that makes its channels, if it sees each channel alone.
 */
function blockOf(
  b: GraphBuilder,
  nodes: readonly Node[],
  layers: readonly Layer[],
  at: number,
  points: ReadonlySet<Value>,
): number {
  const place = layers[at]?.place ?? 0;
  const before = nodes.slice(0, place).findLastIndex((node) => node.outputs.some((y) => points.has(y)));
  const start = layers.findIndex((layer) => layer.place > before);
  const [, channels = 0] = b.dims(layers[at]?.node.inputs[1] ?? '');
  const pointwise = layers.slice(0, start).findLastIndex(({ node }) => node.op === 'Conv');
  const kernel = b.dims(layers[pointwise]?.node.inputs[1] ?? layers[at]?.node.inputs[1] ?? '').slice(2);
  return channels === 1 && pointwise > 0 && kernel.every((k) => k === 1) ? pointwise : start;
}

/** Parameters that a node reads; a batch norm's own name stands for its statistics. */
function namesOf(node: Node, parameters: Parameters): string[] {
  const norm = parameters.norms.get(node.name)?.spec.name;
  if (norm !== undefined) return [norm, `${norm}.weight`, `${norm}.bias`];
  return node.inputs.flatMap((x: Value) => {
    const spec = parameters.specs.get(x);
    return spec === undefined ? [] : [spec.name];
  });
}

function isWeight(name: string, parameters: Parameters): boolean {
  return (parameters.tensors.get(name)?.dims.length ?? 0) >= 2;
}

/** How many times smaller a convolution's planes are than the pictures. */
function strideOf(b: GraphBuilder, node: Node, side: number): number | undefined {
  if (node.op !== 'Conv') return undefined;
  const [, , height = 1] = b.dims(node.outputs[0] ?? '');
  return height > 1 ? Math.round(side / height) : undefined;
}
