import { at } from '../../shapes/index.js';
import { float32, numbersOf, type Value } from '../../types.js';
import { blockedAffine } from './nodes.js';
import type { BlockedContext } from './rule.js';

/*
 * Masks of activations' outputs by depthwise convolutions that clip, y·2ᵏ to 0…1: half the time of comparing and casting, whose Cast is slow
 * (measured). Products by powers of two and differences near a bound are exact, so that a value on the bound gives 0 and its
 * neighbour 1.
 */

/** Brings all but the smallest normal numbers above 1; what overflows is clipped. */
const ANY = 2 ** 126;
/** Beyond what an upper bound becomes by `unitOf`. */
const BELOW = 2 ** 27;

/** A power of two by which the difference of `high` and the float32 below it becomes 1 at least, and `high` itself less than `BELOW`. */
const unitOf = (high: number): number => 2 ** (24 - Math.floor(Math.log2(high)));

function filled(c: BlockedContext, y: Value, value: number): Value {
  const channels = at(c.b.dims(y), 1);
  return c.b.constant(float32([channels], new Float32Array(channels).fill(value)));
}

/** 1 where y > 0, else 0, for y of at least 0. */
export function positive(c: BlockedContext, y: Value): Value {
  return blockedAffine(c.b, y, filled(c, y, ANY), { activation: { activation: 'Clip', params: [0, 1] } });
}

/** 1 where 0 < y < high, else 0, for y from 0 to high. */
export function between(c: BlockedContext, y: Value, high: number): Value {
  const unit = unitOf(high);
  // −BELOW where y is 0, else 0.
  const low = blockedAffine(c.b, y, filled(c, y, ANY), {
    bias: filled(c, y, -BELOW),
    activation: { activation: 'Clip', params: [-BELOW, 0] },
  });
  return blockedAffine(c.b, y, filled(c, y, -unit), {
    bias: filled(c, y, high * unit),
    sum: low,
    activation: { activation: 'Clip', params: [0, 1] },
  });
}

/** The number that a bound of Clip is, or undefined where it is not known. */
export function boundOf(c: BlockedContext, input: number): number | undefined {
  const tensor = c.b.initializers.get(c.plain(input));
  return tensor === undefined ? undefined : numbersOf(tensor)[0];
}
