import type { GraphBuilder } from '../graph/builder.js';
import type { Value } from '../graph/types.js';
import type { Segment } from './layout.js';

/** A bound on the norm of all gradients together, or on each of their values. */
export type GradientClip = { readonly norm: number } | { readonly value: number };

/** What happens to gradients before the optimizer reads them. */
export interface GradientOptions {
  /** Bounds them by the input `clip`. Default: not at all. */
  readonly clip?: 'norm' | 'value';
  /**
   * Whether the step adds its gradients, times the input `share`, to those of the batches before and leaves parameters alone,
   * or also makes a step of the sum. Default: neither.
   */
  readonly accumulate?: 'add' | 'apply';
}

interface Sources {
  readonly segments: readonly Segment[];
  /** This batch's gradient, flat. */
  raw(segment: Segment): Value;
  /** The sum of those of the batches before, flat. */
  accumulated(segment: Segment): Value;
  scalar(name: string): Value;
}

/** The gradient of each segment as the optimizer is to see it, made when it is asked for. */
export function gradientSource(
  b: GraphBuilder,
  { clip, accumulate }: GradientOptions,
  from: Sources,
): (segment: Segment) => Value {
  const whole = (segment: Segment): Value => {
    const g = from.raw(segment);
    if (accumulate === undefined) return g;
    return b.op('Add', [from.accumulated(segment), b.op('Mul', [g, from.scalar('share')])]);
  };
  if (clip === undefined || accumulate === 'add') return whole;
  const bound = from.scalar('clip');
  if (clip === 'value') {
    const low = b.op('Neg', [bound]);
    return (segment) => b.op('Clip', [whole(segment), low, bound]);
  }
  // Pascanu et al. 2013, as PyTorch's clip_grad_norm_ computes it.
  const gradients = new Map(from.segments.map((segment) => [segment, whole(segment)]));
  const squares = [...gradients.values()].map((g) => b.op('ReduceSumSquare', [g], { keepdims: 0 }));
  const norm = b.op('Sqrt', [b.op('Sum', squares)]);
  const scale = b.op('Min', [b.scalar(1), b.op('Div', [bound, b.op('Add', [norm, b.scalar(1e-6)])])]);
  return (segment) => b.op('Mul', [gradients.get(segment) ?? whole(segment), scale]);
}
