import { z } from 'zod';

/** A number drawn uniformly from [low, high]; equal ends mean a fixed value. */
export type Range = readonly [low: number, high: number];

/** The probability that a transform happens to a picture. */
export function probability(fallback: number) {
  return bounded(0, 1).default(fallback);
}

/** A place in a picture: 0 is the top or left edge, 1 the bottom or right edge. */
export const place = range(0, 1).default([0.5, 0.5]);

/** A number within bounds, both included. */
export function bounded(min: number, max: number) {
  const error = `must be a number from ${min} to ${max}`;
  return z.number({ error }).min(min, { error }).max(max, { error });
}

/** A whole number within bounds, both included. */
export function whole(min: number, max: number) {
  const error = `must be a whole number from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
}

/** A range within bounds, both included; a number alone is a fixed value. */
export function range(min: number, max: number) {
  return rangeOf(
    (n) => Number.isFinite(n) && n >= min && n <= max,
    `must be a number from ${min} to ${max}, or [low, high] within them`,
  );
}

/** A range of whole numbers within bounds, all included; a number alone is a fixed value. */
export function wholeRange(min: number, max: number) {
  return rangeOf(
    (n) => Number.isInteger(n) && n >= min && n <= max,
    `must be a whole number from ${min} to ${max}, or [low, high] within them`,
  );
}

function rangeOf(holds: (n: number) => boolean, error: string) {
  const isRange = (value: unknown): boolean => {
    if (typeof value === 'number') return holds(value);
    if (!Array.isArray(value) || value.length !== 2) return false;
    const [low, high]: readonly unknown[] = value;
    return typeof low === 'number' && typeof high === 'number' && holds(low) && holds(high) && low <= high;
  };
  return z
    .custom<number | Range>(isRange, { error })
    .transform((value): Range => (typeof value === 'number' ? [value, value] : value));
}

/** One of a few words. */
export function oneOf<const T extends readonly [string, ...string[]]>(words: T) {
  return z.enum(words, { error: `must be one of ${words.join(', ')}` });
}

/** Yes or no. */
export const flag = z.boolean({ error: 'must be true or false' });
