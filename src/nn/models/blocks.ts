import type { Value } from '../../graph/types.js';
import type { Activation, ConvOptions, Forward, NormOptions } from '../forward.js';

export interface ConvNormOptions extends ConvOptions, NormOptions {
  /** Default `relu`; `none` leaves it out. */
  readonly activation?: Activation | 'none';
}

/** Convolution `name.0`, batch norm `name.1` and activation, as torchvision numbers them. */
export function convNormActivation(
  f: Forward,
  name: string,
  x: Value,
  out: number,
  k: number,
  o: ConvNormOptions = {},
): Value {
  const { activation = 'relu', ...rest } = o;
  const y = f.convNorm(`${name}.0`, `${name}.1`, x, out, k, rest);
  return activation === 'none' ? y : f[activation](y);
}

/**
 * Squeeze and excitation (Hu et al. 2018): each channel times a share in 0…1 that a small network gives from all channels'
 * means. Layers `name.fc1`, `name.fc2`.
 *
 * @param squeeze channels between the two layers
 */
export function squeezeExcitation(
  f: Forward,
  name: string,
  x: Value,
  squeeze: number,
  activation: Activation,
  gate: Activation = 'sigmoid',
): Value {
  const [, channels = 1] = f.b.dims(x);
  const hidden = f[activation](f.conv(`${name}.fc1`, f.planeMean(x), squeeze, 1, { bias: true }));
  return f.mul(x, f[gate](f.conv(`${name}.fc2`, hidden, channels, 1, { bias: true })));
}

/** The multiple of 8 next to a scaled number of channels, never more than a tenth below it (Sandler et al. 2018). */
export function roundChannels(channels: number): number {
  const rounded = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return rounded < 0.9 * channels ? rounded + 8 : rounded;
}

/** `name.from` … `name.(to − 1)`: the layers of a numbered list, as a layer group names them. */
export function numbered(name: string, from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, i) => `${name}.${from + i}`);
}
