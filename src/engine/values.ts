import { float32, sizeOf, type TensorData } from '../graph/types.js';
import { statisticNames } from '../nn/forward.js';
import { initialise } from '../nn/initialise.js';
import { asFloat32 } from '../nn/safetensors.js';
import { type MatchOptions, matchTensors } from '../nn/weights/match.js';
import { type Layout, layoutOf, stored, tracedSize } from './layout.js';
import type { Network } from './network.js';
import type { NamedValues } from './predict-graph.js';

/** Starting values of every parameter and running statistic, drawn from the seed. */
export function initialValues(layout: Layout, seed: number): Map<string, Float32Array> {
  const values = new Map<string, Float32Array>();
  for (const spec of layout.segments.flatMap((s) => s.specs)) values.set(spec.name, initialise(spec, seed));
  for (const norm of layout.normGroups.flatMap((g) => g.norms)) {
    const { mean, variance } = statisticNames(norm);
    values.set(mean, new Float32Array(norm.channels));
    values.set(variance, new Float32Array(norm.channels).fill(1));
  }
  return values;
}

/** A named tensor inside a flat one. */
interface Part {
  readonly name: string;
  readonly dims: readonly number[];
}

/** What each flat tensor of the device's store is joined from, in order, by its stored name. */
function flatTensors(layout: Layout): Map<string, readonly Part[]> {
  const flat = new Map<string, readonly Part[]>();
  for (const segment of layout.segments) flat.set(stored.parameters(segment), segment.specs);
  for (const group of layout.normGroups) {
    const statistics = (kind: 'mean' | 'variance'): Part[] =>
      group.norms.map((norm) => ({ name: statisticNames(norm)[kind], dims: [norm.channels] }));
    flat.set(stored.mean(group), statistics('mean'));
    flat.set(stored.variance(group), statistics('variance'));
  }
  return flat;
}

/** The names of the flat tensors that hold all parameters and statistics. */
export function storedNames(layout: Layout): string[] {
  return [...flatTensors(layout).keys()];
}

/** Shapes of every named tensor of a network. */
export function shapesOf(layout: Layout): Map<string, readonly number[]> {
  return new Map([...flatTensors(layout).values()].flat().map(({ name, dims }) => [name, dims]));
}

/**
 * Replaces values by those of a weight file, whatever library's names and prefix it has them under.
 *
 * @param wanted which names must be there; others keep their values
 * @param options.classifier names of the network's original classifier: the file may hold it, and need not
 * @throws {UserError} listing what is missing, has another shape, or is not in the network
 */
export function takeWeights(
  values: Map<string, Float32Array>,
  layout: Layout,
  tensors: ReadonlyMap<string, TensorData>,
  wanted: (name: string) => boolean,
  file: string,
  options: Omit<MatchOptions, 'file'> = {},
): void {
  const shapes = new Map([...shapesOf(layout)].filter(([name]) => wanted(name)));
  for (const [name, tensor] of matchTensors(tensors, shapes, { ...options, file })) {
    values.set(name, asFloat32(tensor, `${name} in ${file}`));
  }
}

/** Names of an architecture's own classifier, which a network with another head lacks. */
export function classifierNames(net: Network): readonly string[] {
  if (net.arch.imported !== undefined) return net.arch.imported.classifierNames;
  const namesOf = (network: Network) => [...shapesOf(layoutOf(network, tracedSize(network))).keys()];
  const present = new Set(namesOf(net));
  return namesOf({ ...net, head: { kind: 'original' } }).filter((name) => !present.has(name));
}

/** Named values joined to the flat tensors of the device's store. */
export function packValues(layout: Layout, values: NamedValues): Record<string, TensorData> {
  const out: Record<string, TensorData> = {};
  for (const [storedName, parts] of flatTensors(layout)) {
    const flat = new Float32Array(parts.reduce((n, { dims }) => n + sizeOf(dims), 0));
    let at = 0;
    for (const { name, dims } of parts) {
      const part = values.get(name);
      if (part === undefined) throw new Error(`no values for ${name}`);
      flat.set(part, at);
      at += sizeOf(dims);
    }
    out[storedName] = float32([flat.length], flat);
  }
  return out;
}

/** The inverse of `packValues`; the pieces are views of the flat tensors. */
export function unpackValues(layout: Layout, flat: Readonly<Record<string, TensorData>>): Map<string, Float32Array> {
  const values = new Map<string, Float32Array>();
  for (const [storedName, parts] of flatTensors(layout)) {
    const tensor = flat[storedName];
    if (tensor?.dtype !== 'float32') throw new Error(`no float32 tensor ${storedName}`);
    let at = 0;
    for (const { name, dims } of parts) {
      const size = sizeOf(dims);
      values.set(name, tensor.data.subarray(at, at + size));
      at += size;
    }
  }
  return values;
}
