import { Rng, Stream } from '../core/rng.js';
import { sizeOf } from '../graph/types.js';
import type { ParameterSpec } from './forward.js';

/**
 * The starting values of a parameter, from the seed and its name alone.
 *
 * Kaiming: He et al. 2015, fan in, gain √2 for `kaiming-normal`; `kaiming-uniform` is PyTorch's default for linear layers
 * (bound 1/√fan). Xavier: Glorot & Bengio 2010. `truncated-normal`: deviation 0.02, cut off at twice that.
 */
export function initialise(spec: ParameterSpec, seed: number): Float32Array {
  const values = new Float32Array(sizeOf(spec.dims));
  if (spec.init === 'zeros') return values;
  if (spec.init === 'ones') return values.fill(1);
  if (typeof spec.init === 'object') return values.fill(spec.init.fill);
  const [out = 1, ...rest] = spec.dims;
  const fanIn = sizeOf(rest);
  const fanOut = out * sizeOf(rest.slice(1));
  const rng = new Rng(seed, Stream.init, ...Array.from(spec.name, (ch) => ch.charCodeAt(0)));
  if (spec.init === 'kaiming-normal') {
    const std = Math.sqrt(2 / fanIn);
    return values.map(() => std * rng.normal());
  }
  if (spec.init === 'truncated-normal') return values.map(() => TRUNCATED_DEVIATION * withinTwo(rng));
  const bound = spec.init === 'kaiming-uniform' ? 1 / Math.sqrt(fanIn) : Math.sqrt(6 / (fanIn + fanOut));
  return values.map(() => rng.uniform(-bound, bound));
}

/** What transformers start their weights with (Dosovitskiy et al. 2021, Liu et al. 2022). */
const TRUNCATED_DEVIATION = 0.02;

/** A normal number, drawn again until it lies within two deviations. */
function withinTwo(rng: Rng): number {
  const x = rng.normal();
  return Math.abs(x) <= 2 ? x : withinTwo(rng);
}
