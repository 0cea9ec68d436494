import { UserError } from '../core/errors.js';
import { float32, sizeOf, type TensorData } from '../graph/types.js';
import { initialise } from '../nn/initialise.js';
import { asFloat32 } from '../nn/safetensors.js';
import { type Layout, stored } from './layout.js';
import type { NamedValues } from './predict-graph.js';

/** Starting values of every parameter and running statistic, drawn from the seed. */
export function initialValues(layout: Layout, seed: number): Map<string, Float32Array> {
  const values = new Map<string, Float32Array>();
  for (const spec of layout.segments.flatMap((s) => s.specs)) values.set(spec.name, initialise(spec, seed));
  for (const norm of layout.normGroups.flatMap((g) => g.norms)) {
    values.set(`${norm.name}.running_mean`, new Float32Array(norm.channels));
    values.set(`${norm.name}.running_var`, new Float32Array(norm.channels).fill(1));
  }
  return values;
}

/** Shapes of every named tensor of a network. */
export function shapesOf(layout: Layout): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  for (const spec of layout.segments.flatMap((s) => s.specs)) shapes.set(spec.name, spec.dims);
  for (const norm of layout.normGroups.flatMap((g) => g.norms)) {
    shapes.set(`${norm.name}.running_mean`, [norm.channels]);
    shapes.set(`${norm.name}.running_var`, [norm.channels]);
  }
  return shapes;
}

/**
 * Replaces values by those of a weight file.
 *
 * @param wanted which names must be there; names beyond them are left out
 * @throws {UserError} listing what is missing or has another shape
 */
export function takeWeights(
  values: Map<string, Float32Array>,
  layout: Layout,
  tensors: ReadonlyMap<string, TensorData>,
  wanted: (name: string) => boolean,
  file: string,
): void {
  const wrong: string[] = [];
  for (const [name, dims] of shapesOf(layout)) {
    if (!wanted(name)) continue;
    const tensor = tensors.get(name);
    if (tensor === undefined) wrong.push(`${name} is missing`);
    else if (tensor.dims.join() !== dims.join()) wrong.push(`${name} is [${tensor.dims}], not [${dims}]`);
    else values.set(name, asFloat32(tensor, name));
  }
  if (wrong.length > 0) throw new UserError(`${file} does not fit the network: ${wrong.slice(0, 10).join('; ')}`);
}

/** Named values joined to the flat tensors of the device's store. */
export function packValues(layout: Layout, values: NamedValues): Record<string, TensorData> {
  const out: Record<string, TensorData> = {};
  const pack = (name: string, size: number, names: readonly string[]) => {
    const flat = new Float32Array(size);
    let at = 0;
    for (const n of names) {
      const part = values.get(n);
      if (part === undefined) throw new Error(`no values for ${n}`);
      flat.set(part, at);
      at += part.length;
    }
    out[name] = float32([size], flat);
  };
  for (const s of layout.segments)
    pack(
      stored.parameters(s),
      s.size,
      s.specs.map((p) => p.name),
    );
  for (const g of layout.normGroups) {
    pack(
      stored.mean(g),
      g.size,
      g.norms.map((n) => `${n.name}.running_mean`),
    );
    pack(
      stored.variance(g),
      g.size,
      g.norms.map((n) => `${n.name}.running_var`),
    );
  }
  return out;
}

/** The names of the flat tensors that `packValues` gives. */
export function storedNames(layout: Layout): string[] {
  return [
    ...layout.segments.map(stored.parameters),
    ...layout.normGroups.flatMap((g) => [stored.mean(g), stored.variance(g)]),
  ];
}

/** The inverse of `packValues`; the pieces are views of the flat tensors. */
export function unpackValues(layout: Layout, flat: Readonly<Record<string, TensorData>>): Map<string, Float32Array> {
  const values = new Map<string, Float32Array>();
  const unpack = (name: string, parts: readonly { name: string; size: number }[]) => {
    const tensor = flat[name];
    if (tensor?.dtype !== 'float32') throw new Error(`no float32 tensor ${name}`);
    let at = 0;
    for (const part of parts) {
      values.set(part.name, tensor.data.subarray(at, at + part.size));
      at += part.size;
    }
  };
  for (const s of layout.segments)
    unpack(
      stored.parameters(s),
      s.specs.map((p) => ({ name: p.name, size: sizeOf(p.dims) })),
    );
  for (const g of layout.normGroups) {
    unpack(
      stored.mean(g),
      g.norms.map((n) => ({ name: `${n.name}.running_mean`, size: n.channels })),
    );
    unpack(
      stored.variance(g),
      g.norms.map((n) => ({ name: `${n.name}.running_var`, size: n.channels })),
    );
  }
  return values;
}
