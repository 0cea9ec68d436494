import { UserError } from '../core/errors.js';

/** Rates spread over the layer groups: made by `slice`. */
export class RateSlice {
  constructor(
    readonly start: number | undefined,
    readonly stop: number,
  ) {}
}

/** A rate for all layer groups, a slice, or one for each group. */
export type Rates = number | RateSlice | readonly number[];

/** Weight decay of all layer groups, or of each. */
export type WeightDecay = number | readonly number[];

/**
 * Discriminative learning rates, as in fastai.
 *
 * `slice(a, b)`: geometric from a for the first layer group to b for the last. `slice(b)`: b for the last group, b/10 for all
 * others.
 */
export function slice(stop: number): RateSlice;
export function slice(start: number, stop: number): RateSlice;
export function slice(a: number, b?: number): RateSlice {
  return b === undefined ? new RateSlice(undefined, a) : new RateSlice(a, b);
}

/**
 * The rate of each of `groups` layer groups.
 *
 * @throws {UserError} if a rate is not a positive number, or a list has the wrong length
 */
export function ratesOf(rates: Rates, groups: number): number[] {
  const list = spread(rates, groups);
  if (list.length !== groups) throw new UserError(`${list.length} learning rates are given for ${groups} layer groups`);
  for (const rate of list) {
    if (!(rate > 0) || !Number.isFinite(rate))
      throw new UserError(`a learning rate must be a positive number, not ${rate}`);
  }
  return list;
}

/**
 * The weight decay of each of `groups` layer groups.
 *
 * @throws {UserError} if one is not a number from 0 up, or a list has the wrong length
 */
export function decayOf(wd: WeightDecay, groups: number): number[] {
  const list = typeof wd === 'number' ? Array<number>(groups).fill(wd) : [...wd];
  if (list.length !== groups) throw new UserError(`${list.length} weight decays are given for ${groups} layer groups`);
  for (const each of list) {
    if (!(each >= 0) || !Number.isFinite(each))
      throw new UserError(`weight decay must be a number from 0 up, not ${each}`);
  }
  return list;
}

function spread(rates: Rates, groups: number): number[] {
  if (typeof rates === 'number') return Array<number>(groups).fill(rates);
  if (!(rates instanceof RateSlice)) return [...rates];
  const { start, stop } = rates;
  if (start === undefined) return Array.from({ length: groups }, (_, i) => (i === groups - 1 ? stop : stop / 10));
  if (groups === 1) return [stop];
  return Array.from({ length: groups }, (_, i) => start * (stop / start) ** (i / (groups - 1)));
}
