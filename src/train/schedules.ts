import { UserError } from '../core/errors.js';

/** A place in a fit. */
export interface ScheduleAt {
  /** From 0, the first iteration, to 1, the last. */
  readonly pct: number;
  /** Iterations done, and of the whole fit. */
  readonly iteration: number;
  readonly iterations: number;
  /** Epochs done: 1.5 in the middle of the second. */
  readonly epoch: number;
}

/** What a schedule says of a place. */
export interface Scheduled {
  /** The rate, as a share of the fit's highest: of each layer group's own. */
  readonly lr: number;
  /** Momentum (β₁ of AdamW). Default: the optimizer's. */
  readonly momentum?: number;
}

/** Rates over a fit: any function of the place. */
export type Schedule = (at: ScheduleAt) => Scheduled;

/** Half a cosine from `start` to `end`, `p` from 0 to 1. */
export function cosine(start: number, end: number, p: number): number {
  return end + ((start - end) / 2) * (1 + Math.cos(Math.PI * p));
}

/** The same rate all the time. */
export function constant(): Schedule {
  return () => ({ lr: 1 });
}

export interface OneCycleShape {
  /** The starting rate is the highest divided by this. Default 25. */
  readonly divFactor?: number;
  /** The last rate is the highest divided by this. Default: divFactor·10⁴. */
  readonly finalDiv?: number;
  /** Share of the iterations in which the rate rises. Default 0.3. */
  readonly pctStart?: number;
  /** Momentum (β₁ of AdamW) at the ends and in the middle. Default [0.95, 0.85], or what the optimizer was given. */
  readonly moms?: readonly [number, number];
}

/**
 * One cycle (Smith 2018, as in fastai v1): the rate rises by a cosine to the highest and falls to almost nothing, momentum
 * goes the other way.
 */
export function oneCycle(shape: OneCycleShape = {}): Schedule {
  const { divFactor = 25, pctStart = 0.3, moms = [0.95, 0.85] } = shape;
  const finalDiv = shape.finalDiv ?? divFactor * 1e4;
  positive('divFactor', divFactor);
  positive('finalDiv', finalDiv);
  within('pctStart', pctStart, 0, 1);
  return ({ pct }) => {
    if (pct < pctStart) {
      const p = pct / pctStart;
      return { lr: cosine(1 / divFactor, 1, p), momentum: cosine(moms[0], moms[1], p) };
    }
    const p = pctStart < 1 ? (pct - pctStart) / (1 - pctStart) : 1;
    return { lr: cosine(1, 1 / finalDiv, p), momentum: cosine(moms[1], moms[0], p) };
  };
}

export interface FlatCosShape {
  /** The last rate is the highest divided by this. Default 10⁵. */
  readonly divFinal?: number;
  /** Share of the iterations before the rate falls. Default 0.75. */
  readonly pctStart?: number;
}

/** The highest rate for most of the time, then half a cosine down, as fastai's fit_flat_cos. */
export function flatCos({ divFinal = 1e5, pctStart = 0.75 }: FlatCosShape = {}): Schedule {
  positive('divFinal', divFinal);
  within('pctStart', pctStart, 0, 1);
  return ({ pct }) => ({ lr: pct < pctStart ? 1 : cosine(1, 1 / divFinal, (pct - pctStart) / (1 - pctStart || 1)) });
}

/** Half a cosine from the highest rate down to `end`, a share of it. Default 0. */
export function cosineAnnealing({ end = 0 }: { readonly end?: number } = {}): Schedule {
  within('end', end, 0, 1);
  return ({ pct }) => ({ lr: cosine(1, end, pct) });
}

export interface RestartsShape {
  /** Epochs of the first cycle. Default 1. */
  readonly cycleLen?: number | undefined;
  /** How many times as long as the last each cycle is. Default 2. */
  readonly cycleMult?: number | undefined;
  /** What each cycle ends at, as a share of the highest rate. Default 0. */
  readonly end?: number;
}

/** Half cosines one after another, with a jump back to the highest rate between them (Loshchilov & Hutter 2016). */
export function cosineRestarts({ cycleLen = 1, cycleMult = 2, end = 0 }: RestartsShape = {}): Schedule {
  positive('cycleLen', cycleLen);
  within('cycleMult', cycleMult, 1, 100);
  within('end', end, 0, 1);
  return ({ epoch }) => {
    let start = 0;
    let length = cycleLen;
    while (epoch - start >= length) {
      start += length;
      length *= cycleMult;
    }
    return { lr: cosine(1, end, (epoch - start) / length) };
  };
}

/** From the highest rate down to `end`, a share of it, by (1 − p) to a power. Default power 1, end 0. */
export function polynomial({
  power = 1,
  end = 0,
}: {
  readonly power?: number | undefined;
  readonly end?: number;
} = {}): Schedule {
  positive('power', power);
  within('end', end, 0, 1);
  return ({ pct }) => ({ lr: end + (1 - end) * (1 - pct) ** power });
}

/** The rate times `gamma` (default 0.1) after every `every` epochs. */
export function step({
  every,
  gamma = 0.1,
}: {
  readonly every: number;
  readonly gamma?: number | undefined;
}): Schedule {
  positive('every', every);
  positive('gamma', gamma);
  return ({ epoch }) => ({ lr: gamma ** Math.floor(epoch / every) });
}

/** The rate times `gamma` (default 0.1) after each of the epochs `at`. */
export function multiStep({
  at,
  gamma = 0.1,
}: {
  readonly at: readonly number[];
  readonly gamma?: number | undefined;
}): Schedule {
  for (const each of at) positive('at', each);
  positive('gamma', gamma);
  return ({ epoch }) => ({ lr: gamma ** at.filter((each) => epoch >= each).length });
}

/** The rate times `gamma` (default 0.9) after each epoch. */
export function exponential({ gamma = 0.9 }: { readonly gamma?: number | undefined } = {}): Schedule {
  positive('gamma', gamma);
  return ({ epoch }) => ({ lr: gamma ** Math.floor(epoch) });
}

export interface WarmupShape {
  /** Share of the iterations in which the rate rises. Default 0.1. */
  readonly pct?: number;
  /** What it rises from, as a share of the highest. Default 0. */
  readonly start?: number;
}

/** A straight rise to where another schedule begins, which takes the rest of the fit (Goyal et al. 2017). */
export function warmup(then: Schedule, { pct: share = 0.1, start = 0 }: WarmupShape = {}): Schedule {
  within('pct', share, 0, 1);
  within('start', start, 0, 1);
  return (at) => {
    const rising = Math.round(share * at.iterations);
    const iterations = at.iterations - rising;
    const iteration = Math.max(0, at.iteration - rising);
    const epochs = at.iteration > 0 ? (at.epoch * rising) / at.iteration : 0;
    const rest = then({
      iteration,
      iterations,
      pct: iteration / Math.max(1, iterations - 1),
      epoch: Math.max(0, at.epoch - epochs),
    });
    if (at.iteration >= rising) return rest;
    return { ...rest, lr: rest.lr * (start + ((1 - start) * at.iteration) / rising) };
  };
}

function positive(name: string, value: number): void {
  if (!(value > 0) || !Number.isFinite(value))
    throw new UserError(`${name} of a schedule must be above 0, not ${value}`);
}

function within(name: string, value: number, low: number, high: number): void {
  if (!(value >= low && value <= high)) {
    throw new UserError(`${name} of a schedule must be from ${low} to ${high}, not ${value}`);
  }
}
