import type { Rng } from './rng.js';

/** A number of the symmetric beta distribution, in [0, 1]: close to 0 or 1 where `alpha` is small, uniform at 1. */
export function betaNumber(rng: Rng, alpha: number): number {
  const [a, b] = [logGammaNumber(rng, alpha), logGammaNumber(rng, alpha)];
  return 1 / (1 + Math.exp(b - a));
}

/** The logarithm of a number of the gamma distribution (Marsaglia & Tsang 2000), which small shapes would bring to 0. */
function logGammaNumber(rng: Rng, shape: number): number {
  if (shape < 1) return logGammaNumber(rng, shape + 1) + Math.log(1 - rng.uniform()) / shape;
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = rng.normal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - rng.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return Math.log(d * v);
  }
}
