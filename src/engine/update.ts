import { GraphBuilder } from '../graph/builder.js';
import { float32, type Value } from '../graph/types.js';
import { clipped, type GradientOptions } from './gradient-transforms.js';
import { type Layout, type Segment, stored } from './layout.js';
import type { Optimizer } from './optimizer.js';
import type { Step } from './train-step.js';

/** How a graph reads and replaces what lies on the device. */
export interface GraphStore {
  /** A stored tensor, as an input. */
  read(name: string, dims: readonly number[]): Value;
  keepAs(value: Value, name: string): void;
  /** A number that is fed. */
  scalar(name: string): Value;
}

export interface UpdateOptions {
  readonly optimizer: Optimizer;
  /** Which parameters decay. Default: weights, but not biases and norms. */
  readonly decays?: (segment: Segment) => boolean;
}

/** Appends the optimizer's rule for each segment, one after another. */
export function addUpdates(
  b: GraphBuilder,
  store: GraphStore,
  segments: readonly Segment[],
  gradientOf: (segment: Segment) => Value,
  { optimizer, decays = (segment) => segment.kind === 'weight' }: UpdateOptions,
): void {
  for (const segment of segments) {
    const g = gradientOf(segment);
    const updated = optimizer.update(b, {
      p: store.read(stored.parameters(segment), [segment.size]),
      g,
      shapes: segment.specs.map((s) => s.dims),
      lr: store.scalar(`lr/g${segment.group}`),
      weightDecay: decays(segment) ? store.scalar(`wd/g${segment.group}`) : undefined,
      slot: (name) => store.read(stored.slot(name, segment), [segment.size]),
      scalar: (name) => store.scalar(`opt/${name}`),
    });
    store.keepAs(updated.parameters, stored.parameters(segment));
    for (const [name, value] of Object.entries(updated.slots)) store.keepAs(value, stored.slot(name, segment));
  }
}

/** The store of a graph, and what the graph exchanges with it. */
export function graphStore(b: GraphBuilder) {
  const resident: Record<string, string> = {};
  const keep: Record<string, string> = {};
  const inputs = new Map<string, Value>();
  const once = (name: string, make: () => Value): Value => {
    const value = inputs.get(name) ?? make();
    inputs.set(name, value);
    return value;
  };
  const store: GraphStore = {
    read: (name, dims) =>
      once(name, () => {
        const input = b.input(name, 'float32', dims);
        resident[input] = name;
        return input;
      }),
    keepAs(value, name) {
      keep[b.output(value, `new/${name}`)] = name;
    },
    scalar: (name) => once(name, () => b.input(name, 'float32', [])),
  };
  return { store, resident, keep };
}

/**
 * Builds the step that follows batches whose gradients have been added up: the optimizer alone. Inputs are those of a training
 * step that have to do with it.
 */
export function buildApplyStep(
  layout: Layout,
  o: UpdateOptions & Pick<GradientOptions, 'clip'> & { readonly trained: (segment: Segment) => boolean },
): Step {
  const b = new GraphBuilder('apply');
  const { store, resident, keep } = graphStore(b);
  const segments = layout.segments.filter(o.trained);
  const sum = (segment: Segment) => store.read(stored.accumulated(segment), [segment.size]);
  addUpdates(b, store, segments, clipped(b, o.clip, segments, sum, store), o);
  // A step has a loss; this one's was that of its batches.
  b.output(b.constant(float32([], [0])), 'loss');
  const graph = b.finish();
  return {
    graph,
    resident,
    keep,
    masks: [],
    rates: [...new Set(segments.map((s) => s.group))],
    inputs: new Set(graph.inputs.map((i) => i.name)),
  };
}
