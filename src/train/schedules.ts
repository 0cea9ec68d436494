/** A value for each point of training, from 0 (its start) to 1 (its end). */
export type Schedule = (position: number) => number;

/** Half a cosine from `start` to `end`. */
export function cosine(start: number, end: number): Schedule {
  return (p) => end + ((start - end) / 2) * (1 + Math.cos(Math.PI * p));
}

/** The first schedule until `share` of the way, then the second. */
export function sequence(share: number, first: Schedule, second: Schedule): Schedule {
  return (p) => (p < share ? first(p / share) : second((p - share) / (1 - share)));
}

export interface OneCycleShape {
  /** The starting rate is the highest divided by this. Default 25. */
  readonly divFactor?: number;
  /** The last rate is the highest divided by this. Default: divFactor·10⁴. */
  readonly finalDiv?: number;
  /** Share of the iterations in which the rate rises. Default 0.3. */
  readonly pctStart?: number;
  /** Momentum (β₁ of AdamW) at the ends and in the middle. Default [0.95, 0.85]. */
  readonly moms?: readonly [number, number];
}

/**
 * One cycle (Smith 2018, as in fastai v1): the rate rises by a cosine to `maxLr` and falls to almost nothing, momentum goes
 * the other way.
 */
export function oneCycle(maxLr: number, shape: OneCycleShape = {}): { lr: Schedule; momentum: Schedule } {
  const { divFactor = 25, pctStart = 0.3, moms = [0.95, 0.85] } = shape;
  const finalDiv = shape.finalDiv ?? divFactor * 1e4;
  return {
    lr: sequence(pctStart, cosine(maxLr / divFactor, maxLr), cosine(maxLr, maxLr / finalDiv)),
    momentum: sequence(pctStart, cosine(moms[0], moms[1]), cosine(moms[1], moms[0])),
  };
}
