import { GraphBuilder } from '../graph/builder.js';
import { gradients } from '../graph/grad/backward.js';
import { withoutUnread } from '../graph/prune.js';
import { recomputing } from '../graph/recompute.js';
import { float32, type Graph, type Value } from '../graph/types.js';
import { Forward, type NormUpdate } from '../nn/forward.js';
import { addToSums, clipped, type GradientOptions } from './gradient-transforms.js';
import { joined, type Layout, pieces, type Segment, stored } from './layout.js';
import { type Loss, meanLoss } from './loss.js';
import { defaultLoss } from './losses/index.js';
import { featuresOf, type Network, normalised, outputsOf } from './network.js';
import { addUpdates, graphStore, type UpdateOptions } from './update.js';

export interface TrainStepOptions extends GradientOptions, UpdateOptions {
  readonly batch: number;
  /** Side of the pictures; ignored where the input is features. */
  readonly size: number;
  /**
   * Where the step begins: at pictures (uint8 [N, 3, size, size]), at pictures that are normalised already (float32), or at
   * what the frozen body gave.
   */
  readonly input: 'pictures' | 'normalised' | 'features';
  readonly trained: (segment: Segment) => boolean;
  /** Whether a layer group's batch norms use and track the batch's statistics. */
  readonly batchStatistics: (group: number) => boolean;
  /** Default: the task's. */
  readonly loss?: Loss | undefined;
  /**
   * Whether nothing is trained: batch norms' statistics go to those of the batch by the input `statistics`, not by their
   * momentum. Default false.
   */
  readonly statisticsOnly?: boolean;
  /** Whether activations are computed again in the backward pass instead of kept. Default false. */
  readonly recompute?: boolean;
}

/** A compiled step's graph, and what it exchanges with the device's store. */
export interface Step {
  readonly graph: Graph;
  readonly resident: Readonly<Record<string, string>>;
  readonly keep: Readonly<Record<string, string>>;
  /** Dropout masks that the caller feeds: input name, share that is zeroed, shape. */
  readonly masks: readonly { readonly input: string; readonly p: number; readonly dims: readonly number[] }[];
  /** Layer groups that have a rate input `lr/g…`. */
  readonly rates: readonly number[];
  /** The graph's inputs by name. What nothing reads, such as momentum under RMSprop, is not among them and must not be fed. */
  readonly inputs: ReadonlySet<string>;
}

/**
 * Builds one training step as a graph: forward pass, mean loss weighted by picture, backward pass, optimizer, running statistics.
 *
 * Inputs beside the store: `pictures` or `features`, `targets` [N, classes], `weights` [N], dropout masks, `lr/g…`, `wd/g…`,
 * the optimizer's scalars as `opt/…`, `clip`, `share`. Outputs: `loss` (a scalar) and what is kept.
 */
export function buildTrainStep(net: Network, layout: Layout, o: TrainStepOptions): Step {
  const b = new GraphBuilder('train');
  const { store, resident, keep } = graphStore(b);
  const masks: { input: string; p: number; dims: readonly number[] }[] = [];
  const bodyGroups = net.arch.groups.length;
  const isRead = (group: number) => o.input !== 'features' || group >= bodyGroups;

  const flat = new Map<Segment, Value>();
  const parameter = new Map<string, Value>();
  for (const segment of layout.segments.filter((s) => isRead(s.group))) {
    const value = store.read(stored.parameters(segment), [segment.size]);
    flat.set(segment, value);
    const parts = pieces(
      b,
      value,
      segment.specs.map((s) => s.dims),
    );
    segment.specs.forEach((spec, i) => {
      parameter.set(spec.name, parts[i] ?? '');
    });
  }
  const statistics = new Map<string, { mean: Value; variance: Value }>();
  const running = new Map<number, { mean: Value; variance: Value }>();
  for (const group of layout.normGroups.filter((g) => isRead(g.group))) {
    const mean = store.read(stored.mean(group), [group.size]);
    const variance = store.read(stored.variance(group), [group.size]);
    running.set(group.group, { mean, variance });
    if (o.batchStatistics(group.group)) continue;
    const shapes = group.norms.map((n) => [n.channels]);
    const means = pieces(b, mean, shapes);
    const variances = pieces(b, variance, shapes);
    group.norms.forEach((n, i) => {
      statistics.set(n.name, { mean: means[i] ?? '', variance: variances[i] ?? '' });
    });
  }

  const groupOfNorm = new Map(layout.normGroups.flatMap((g) => g.norms.map((n) => [n.name, g.group] as const)));
  const f = new Forward(b, {
    parameter: (spec) => known(parameter, spec.name),
    statistics: (norm) => known(statistics, norm.name),
    usesBatchStatistics: (norm) => o.batchStatistics(known(groupOfNorm, norm.name)),
    foldsNorms: true,
    dropoutMask: (name, p, dims) => {
      const input = b.input(`mask/${name}`, 'float32', dims);
      masks.push({ input, p, dims });
      return input;
    },
  });

  const pictures = [o.batch, 3, o.size, o.size];
  let from: Value;
  if (o.input === 'features') from = b.input('features', 'float32', [o.batch, ...layout.features]);
  else if (o.input === 'normalised') from = b.input('pictures', 'float32', pictures);
  else from = normalised(b, net, b.input('pictures', 'uint8', pictures), 255);
  const features = o.input === 'features' ? from : featuresOf(f, net, from);
  const task = net.task ?? 'single-label';
  const targets = b.input('targets', 'float32', [o.batch, net.classes]);
  const outputs = outputsOf(f, net, features);
  const loss = meanLoss(
    b,
    o.loss ?? defaultLoss(task),
    { outputs, targets, task },
    b.input('weights', 'float32', [o.batch]),
  );

  const trained = layout.segments.filter((s) => o.statisticsOnly !== true && flat.has(s) && o.trained(s));
  const names = trained.flatMap((s) => s.specs.map((p) => p.name));
  const forward = new Set(b.nodes.map((n) => n.name));
  const grads = gradients(
    b,
    loss,
    names.map((name) => known(parameter, name)),
  );
  const gradientOf = (segment: Segment): Value =>
    joined(
      b,
      segment.specs.map((spec) => known(grads, known(parameter, spec.name))),
    );
  if (o.accumulate === true) addToSums(b, store, trained, gradientOf);
  else addUpdates(b, store, trained, clipped(b, o.clip, trained, gradientOf, store), o);
  const updates = new Map(f.normUpdates.map((update) => [update.norm.name, update]));
  for (const group of layout.normGroups) {
    const old = running.get(group.group);
    if (old === undefined || !o.batchStatistics(group.group)) continue;
    const fresh = newStatistics(
      b,
      old,
      group.norms.map((norm) => known(updates, norm.name)),
      o.statisticsOnly === true ? store.scalar('statistics') : undefined,
    );
    store.keepAs(fresh.mean, stored.mean(group));
    store.keepAs(fresh.variance, stored.variance(group));
  }
  b.output(loss, 'loss');
  const whole = b.finish();
  const dims = (value: Value) => b.dims(value);
  const graph = withoutUnread(o.recompute === true ? recomputing({ graph: whole, forward, from, dims }) : whole);
  const read = new Set(graph.inputs.map((i) => i.name));
  return {
    graph,
    resident: Object.fromEntries(Object.entries(resident).filter(([input]) => read.has(input))),
    keep,
    masks,
    rates: [...new Set(trained.map((s) => s.group))],
    inputs: read,
  };
}

/** running ← (1 − momentum)·running + momentum·batch, or by another share, the variance without bias, as PyTorch keeps it. */
function newStatistics(
  b: GraphBuilder,
  old: { mean: Value; variance: Value },
  updates: readonly NormUpdate[],
  given: Value | undefined,
): { mean: Value; variance: Value } {
  const each = (value: (u: NormUpdate) => number): Value => {
    const data = updates.flatMap((u) => Array<number>(u.norm.channels).fill(value(u)));
    return b.constant(float32([data.length], data));
  };
  const share = given ?? each((u) => u.norm.momentum);
  const mean = joined(
    b,
    updates.map((u) => u.mean),
  );
  const inverse = joined(
    b,
    updates.map((u) => u.inverse),
  );
  const biased = b.op('Sub', [b.op('Reciprocal', [b.op('Mul', [inverse, inverse])]), each((u) => u.epsilon)]);
  const variance = b.op('Mul', [biased, each((u) => u.count / Math.max(1, u.count - 1))]);
  const blend = (from: Value, to: Value) => {
    if (given === undefined) return b.op('Add', [from, b.op('Mul', [b.op('Sub', [to, from]), share])]);
    // Nothing of the old ones is left where the share is 1.
    return b.op('Add', [b.op('Mul', [from, b.op('Sub', [b.scalar(1), share])]), b.op('Mul', [to, share])]);
  };
  return { mean: blend(old.mean, mean), variance: blend(old.variance, variance) };
}

function known<K, V>(map: ReadonlyMap<K, V>, key: K): V {
  const value = map.get(key);
  if (value === undefined) throw new Error(`the network has no ${String(key)}`);
  return value;
}
