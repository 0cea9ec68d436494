import type { GraphBuilder } from '../graph/builder.js';
import type { Value } from '../graph/types.js';
import { type Segment, stored } from './layout.js';
import type { GraphStore } from './update.js';

/** A bound on the norm of all gradients together, or on each of their values. */
export type GradientClip = { readonly norm: number } | { readonly value: number };

/** What happens to gradients before the optimizer reads them. */
export interface GradientOptions {
  /** Bounds them by the input `clip`. Default: not at all. */
  readonly clip?: 'norm' | 'value';
  /**
   * Whether the step only adds its gradients, times the input `share`, to those of the batches before, for `buildApplyStep` to make a
   * step of. Default false.
   */
  readonly accumulate?: boolean;
}

/** Adds a batch's gradients to those of the batches before. */
export function addToSums(
  b: GraphBuilder,
  store: GraphStore,
  segments: readonly Segment[],
  gradientOf: (segment: Segment) => Value,
): void {
  for (const segment of segments) {
    const share = b.op('Mul', [gradientOf(segment), store.scalar('share')]);
    const sum = b.op('Add', [store.read(stored.accumulated(segment), [segment.size]), share]);
    store.keepAs(sum, stored.accumulated(segment));
  }
}

/** The gradient of each segment as the optimizer is to see it, made when it is asked for. */
export function clipped(
  b: GraphBuilder,
  clip: GradientOptions['clip'],
  segments: readonly Segment[],
  gradientOf: (segment: Segment) => Value,
  store: GraphStore,
): (segment: Segment) => Value {
  if (clip === undefined) return gradientOf;
  const bound = store.scalar('clip');
  if (clip === 'value') {
    const low = b.op('Neg', [bound]);
    return (segment) => b.op('Clip', [gradientOf(segment), low, bound]);
  }
  // Pascanu et al. 2013, as PyTorch's clip_grad_norm_ computes it.
  const gradients = new Map(segments.map((segment) => [segment, gradientOf(segment)]));
  const squares = [...gradients.values()].map((g) => b.op('ReduceSumSquare', [g], { keepdims: 0 }));
  const norm = b.op('Sqrt', [b.op('Sum', squares)]);
  const scale = b.op('Min', [b.scalar(1), b.op('Div', [bound, b.op('Add', [norm, b.scalar(1e-6)])])]);
  return (segment) => b.op('Mul', [gradients.get(segment) ?? gradientOf(segment), scale]);
}
