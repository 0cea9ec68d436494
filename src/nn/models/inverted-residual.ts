import type { Value } from '../../graph/types.js';
import type { Activation, Forward, NormOptions } from '../forward.js';
import { convNormActivation, squeezeExcitation } from './blocks.js';

export interface InvertedResidualOptions {
  /** Channels between the two pointwise convolutions; without the first where they are the input's. */
  readonly expanded: number;
  readonly out: number;
  readonly kernel: number;
  readonly stride: number;
  readonly activation: Activation;
  /** Squeeze and excitation: its inner channels, activation and gate. Default: none. */
  readonly squeeze?: { readonly channels: number; readonly activation: Activation; readonly gate: Activation };
  readonly norm: NormOptions;
}

/**
 * Inverted residual with squeeze and excitation (Howard et al. 2019; MBConv in Tan & Le 2019) under torchvision's names
 * `name.block.0` …: expand, depthwise, excite, project; added to the input where shapes agree.
 */
export function invertedResidual(f: Forward, name: string, x: Value, o: InvertedResidualOptions): Value {
  const { expanded, out, kernel, stride, activation, squeeze, norm } = o;
  const [, channels = 1] = f.b.dims(x);
  let layer = 0;
  const next = () => `${name}.block.${layer++}`;
  let y = x;
  if (expanded !== channels) y = convNormActivation(f, next(), y, expanded, 1, { activation, ...norm });
  y = convNormActivation(f, next(), y, expanded, kernel, { stride, groups: expanded, activation, ...norm });
  if (squeeze !== undefined) y = squeezeExcitation(f, next(), y, squeeze.channels, squeeze.activation, squeeze.gate);
  y = convNormActivation(f, next(), y, out, 1, { activation: 'none', ...norm });
  return stride === 1 && channels === out ? f.add(y, x) : y;
}
