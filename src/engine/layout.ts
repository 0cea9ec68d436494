import { GraphBuilder } from '../graph/builder.js';
import { sizeOf, type Value } from '../graph/types.js';
import { groupOf } from '../nn/architecture.js';
import { Forward, type NormSpec, type ParameterKind, type ParameterSpec } from '../nn/forward.js';
import { tracingSource } from '../nn/tracing.js';
import { featuresOf, type Network, outputsOf } from './network.js';

/**
 * Parameters that share a layer group and a kind, joined to one flat tensor: few tensors cross into a step, and the
 * optimizer is one chain of operators for each. A large parameter is a segment of its own: cutting it out of a flat tensor
 * and joining its gradient to others' would copy it.
 */
export interface Segment {
  readonly key: string;
  readonly group: number;
  readonly kind: ParameterKind;
  readonly specs: readonly ParameterSpec[];
  /** Number of values. */
  readonly size: number;
}

/** The running statistics of a layer group's batch norms, joined likewise. */
export interface NormGroup {
  readonly group: number;
  readonly norms: readonly NormSpec[];
  readonly size: number;
}

/** How a network's tensors lie in the device's store. */
export interface Layout {
  readonly segments: readonly Segment[];
  readonly normGroups: readonly NormGroup[];
  /** Layer groups, the head's with them. */
  readonly groups: number;
  /** Shape of what the head reads, for one picture. */
  readonly features: readonly number[];
}

/** A parameter with at least this many values is not joined to others. */
const LARGE = 65536;

/** Names of stored tensors. */
export const stored = {
  parameters: (segment: Segment) => `p/${segment.key}`,
  /** What an optimizer keeps: `m` and `v` are AdamW's moments. */
  slot: (slot: string, segment: Segment) => `${slot}/${segment.key}`,
  /** The sum of the gradients of batches that are to make one step. */
  accumulated: (segment: Segment) => `sum/${segment.key}`,
  mean: (group: NormGroup) => `mean/g${group.group}`,
  variance: (group: NormGroup) => `var/g${group.group}`,
} as const;

/** Side of the pictures that a network is traced at where their size does not matter, in pixels. */
export function tracedSize(net: Network): number {
  return net.arch.tracedSize ?? 64;
}

/** Traces a network at a picture size (any that it takes: parameters do not depend on it) and lays out its tensors. */
export function layoutOf(net: Network, size: number): Layout {
  const b = new GraphBuilder('trace');
  const parameters: ParameterSpec[] = [];
  const norms: NormSpec[] = [];
  const f = new Forward(b, tracingSource(b, parameters, norms));
  const features = featuresOf(f, net, b.input('pictures', 'float32', [1, 3, size, size]));
  outputsOf(f, net, features);
  const groups = net.arch.groups.length + 1;
  const segments: Segment[] = [];
  const normGroups: NormGroup[] = [];
  for (let group = 0; group < groups; group++) {
    for (const kind of ['weight', 'bias', 'norm'] as const) {
      const specs = parameters.filter((p) => p.kind === kind && groupOf(net.arch, p.name) === group);
      const add = (key: string, members: readonly ParameterSpec[]) => {
        const size = members.reduce((n, p) => n + sizeOf(p.dims), 0);
        if (size > 0) segments.push({ key, group, kind, specs: members, size });
      };
      const isLarge = (p: ParameterSpec) => sizeOf(p.dims) >= LARGE;
      add(
        `g${group}.${kind}`,
        specs.filter((p) => !isLarge(p)),
      );
      for (const spec of specs.filter(isLarge)) add(`g${group}.${kind}/${spec.name}`, [spec]);
    }
    const inGroup = norms.filter((n) => groupOf(net.arch, n.name) === group);
    if (inGroup.length > 0) {
      normGroups.push({ group, norms: inGroup, size: inGroup.reduce((n, x) => n + x.channels, 0) });
    }
  }
  return { segments, normGroups, groups, features: b.dims(features).slice(1) };
}

/** Cuts a flat tensor into pieces of the given shapes. */
export function pieces(b: GraphBuilder, flat: Value, shapes: readonly (readonly number[])[]): Value[] {
  const sizes = shapes.map(sizeOf);
  const parts = sizes.length === 1 ? [flat] : b.ops('Split', sizes.length, [flat, b.integers(...sizes)], { axis: 0 });
  return parts.map((part, i) => {
    const dims = shapes[i] ?? [];
    return dims.length === 1 ? part : b.op('Reshape', [part, b.integers(...dims)]);
  });
}

/** Joins tensors to a flat one. */
export function joined(b: GraphBuilder, values: readonly Value[]): Value {
  const flat = values.map((v) => (b.dims(v).length === 1 ? v : b.op('Reshape', [v, b.integers(sizeOf(b.dims(v)))])));
  return flat.length === 1 ? (flat[0] ?? '') : b.op('Concat', flat, { axis: 0 });
}
