import type { Task } from '../core/task.js';
import type { GraphBuilder } from '../graph/builder.js';
import { float32, type Value } from '../graph/types.js';
import { type Architecture, assertTakesSize } from '../nn/architecture.js';
import type { Forward } from '../nn/forward.js';
import { concatPool, type HeadOptions, head } from '../nn/head.js';

/** A whole network: pictures in; out come logits, or a regression's values. */
export interface Network {
  readonly arch: Architecture;
  /** Classes, or a regression's outputs. */
  readonly classes: number;
  /** Default `single-label`. */
  readonly task?: Task;
  /** Bounds of a regression's outputs, which a sigmoid keeps them between. Default: none. */
  readonly yRange?: readonly [number, number] | undefined;
  /** fastai's head on pooled features, or the architecture's own classifier. */
  readonly head: ({ readonly kind: 'concat-pool' } & HeadOptions) | { readonly kind: 'original' };
  /** Per-channel normalisation of pictures with values in 0…1. */
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

/** Pictures [N, 3, H, W] with values in 0…`range` (float32, or uint8 in 0…255), normalised per channel. */
export function normalised(b: GraphBuilder, net: Network, pictures: Value, range: 1 | 255): Value {
  const x = b.dtype(pictures) === 'float32' ? pictures : b.op('Cast', [pictures], { to: 1 });
  const scale = net.std.map((s) => 1 / (s * range));
  const shift = net.mean.map((m, i) => -m / (net.std[i] ?? 1));
  const scaled = b.op('Mul', [x, b.constant(float32([1, 3, 1, 1], scale), 'scale')]);
  return b.op('Add', [scaled, b.constant(float32([1, 3, 1, 1], shift), 'shift')]);
}

/**
 * What the head reads: pooled features [N, F], or what the body gives for an original classifier.
 *
 * @throws {UserError} if the network does not take pictures of this size
 */
export function featuresOf(f: Forward, net: Network, pictures: Value): Value {
  assertTakesSize(net.arch, ...f.b.dims(pictures).slice(2));
  const map = net.arch.body(f, pictures);
  return net.head.kind === 'concat-pool' ? concatPool(f, map) : map;
}

/** Logits, or a regression's values, [N, classes] from what `featuresOf` gave. */
export function outputsOf(f: Forward, net: Network, features: Value): Value {
  const outputs = linearOutputs(f, net, features);
  if (net.yRange === undefined) return outputs;
  const [low, high] = net.yRange;
  const share = f.b.op('Sigmoid', [outputs]);
  return f.b.op('Add', [f.b.op('Mul', [share, f.b.scalar(high - low)]), f.b.scalar(low)]);
}

function linearOutputs(f: Forward, net: Network, features: Value): Value {
  return net.head.kind === 'concat-pool'
    ? head(f, features, net.classes, net.head)
    : net.arch.classifier(f, features, net.classes);
}
