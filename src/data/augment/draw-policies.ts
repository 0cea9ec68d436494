import { POLICIES, type Step } from './autoaugment-policies.js';
import type { Drawing } from './drawing.js';
import { DRAWN, magnitudeOf, NARROW, OPERATIONS, type Operation, type Space, WIDE } from './policy-operations.js';
import type { TransformOf } from './transform.js';

/** How each policy is drawn for one picture. */

/** Magnitudes of AutoAugment's tables. */
const TABLE_BINS = 10;

export function randAugment(d: Drawing, t: TransformOf<'randAugment'>): void {
  for (let i = 0; i < t.numOps; i++) apply(d, anyOf(d), NARROW, t.magnitude, t.magnitudeBins);
}

export function trivialAugment(d: Drawing, t: TransformOf<'trivialAugment'>): void {
  apply(d, anyOf(d), WIDE, d.rng.int(t.magnitudeBins), t.magnitudeBins);
}

export function autoAugment(d: Drawing, t: TransformOf<'autoAugment'>): void {
  const pairs: readonly (readonly Step[])[] = POLICIES[t.policy];
  for (const [operation, p, magnitude = 0] of pairs[d.rng.int(pairs.length)] ?? []) {
    if (d.rng.uniform() < p) apply(d, operation, NARROW, magnitude, TABLE_BINS);
  }
}

function anyOf(d: Drawing): Operation {
  return DRAWN[d.rng.int(DRAWN.length)] ?? 'Identity';
}

function apply(d: Drawing, operation: Operation, space: Space, bin: number, bins: number): void {
  const { value, signed } = magnitudeOf(operation, space, d.size, bin, bins);
  OPERATIONS[operation](d, signed && d.rng.int(2) === 1 ? -value : value);
}
