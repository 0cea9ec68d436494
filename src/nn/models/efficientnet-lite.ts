import type { Value } from '../../graph/types.js';
import type { Architecture } from '../architecture.js';
import type { Forward } from '../forward.js';
import { roundChannels } from './blocks.js';
import { PRETRAINED } from './pretrained.js';

/** TensorFlow's settings, which the weights were trained with. */
const NORM = { epsilon: 1e-3, momentum: 0.1 };

/** Repeats, kernel, stride, expansion, and output channels of each of Lite0's stages after the first. */
const STAGES = [
  [2, 3, 2, 6, 24],
  [2, 5, 2, 6, 40],
  [3, 3, 2, 6, 80],
  [3, 5, 1, 6, 112],
  [4, 5, 2, 6, 192],
  [1, 3, 1, 6, 320],
] as const;

function convNorm(
  f: Forward,
  conv: string,
  norm: string,
  x: Value,
  out: number,
  k: number,
  o: { stride?: number; groups?: number; act?: boolean } = {},
): Value {
  const { act = true, ...window } = o;
  const y = f.convNorm(conv, norm, x, out, k, { ...window, ...NORM, pad: 'same' });
  return act ? f.relu6(y) : y;
}

/** Inverted residual (Sandler et al. 2018): expand, depthwise, project; added to the input where shapes agree. */
function invertedResidual(
  f: Forward,
  name: string,
  x: Value,
  out: number,
  k: number,
  stride: number,
  expand: number,
): Value {
  const [, channels = 1] = f.b.dims(x);
  const mid = channels * expand;
  let y = convNorm(f, `${name}.conv_pw`, `${name}.bn1`, x, mid, 1);
  y = convNorm(f, `${name}.conv_dw`, `${name}.bn2`, y, mid, k, { stride, groups: mid });
  y = convNorm(f, `${name}.conv_pwl`, `${name}.bn3`, y, out, 1, { act: false });
  return stride === 1 && channels === out ? f.add(y, x) : y;
}

/**
 * EfficientNet-Lite: EfficientNet (Tan & Le 2019) without squeeze-and-excitation, ReLU6 for swish. Names are timm's
 * (tf_efficientnet_lite0 …), padding is TensorFlow's.
 *
 * @param width factor of Lite0's channels, but for the first and last convolution
 * @param depth factor of Lite0's repeats, but for the first and last stage
 */
function efficientnetLite(
  name: 'efficientnet_lite0' | 'efficientnet_lite1' | 'efficientnet_lite2',
  width: number,
  depth: number,
): Architecture {
  return {
    name,
    body(f, x) {
      let y = convNorm(f, 'conv_stem', 'bn1', x, 32, 3, { stride: 2 });
      // The first stage is depthwise separable, without expansion.
      y = convNorm(f, 'blocks.0.0.conv_dw', 'blocks.0.0.bn1', y, 32, 3, { groups: 32 });
      y = convNorm(f, 'blocks.0.0.conv_pw', 'blocks.0.0.bn2', y, roundChannels(16 * width), 1, { act: false });
      STAGES.forEach(([repeats, k, stride, expand, out], s) => {
        const scaled = s === STAGES.length - 1 ? repeats : Math.ceil(repeats * depth);
        for (let i = 0; i < scaled; i++) {
          y = invertedResidual(
            f,
            `blocks.${s + 1}.${i}`,
            y,
            roundChannels(out * width),
            k,
            i === 0 ? stride : 1,
            expand,
          );
        }
      });
      return convNorm(f, 'conv_head', 'bn2', y, 1280, 1);
    },
    classifier: (f, features, classes) => f.linear('classifier', f.averagePooled(features), classes),
    groups: [
      ['conv_stem', 'bn1', 'blocks.0', 'blocks.1'],
      ['blocks.2', 'blocks.3', 'blocks.4'],
      ['blocks.5', 'blocks.6', 'conv_head', 'bn2'],
    ],
    pretrained: PRETRAINED[name],
  };
}

export const efficientnetLite0 = efficientnetLite('efficientnet_lite0', 1, 1);
export const efficientnetLite1 = efficientnetLite('efficientnet_lite1', 1, 1.1);
export const efficientnetLite2 = efficientnetLite('efficientnet_lite2', 1.1, 1.2);
