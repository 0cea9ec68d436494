import type { Value } from '../../graph/types.js';
import type { Architecture } from '../architecture.js';
import type { Forward } from '../forward.js';
import { numbered } from './blocks.js';
import { PRETRAINED } from './pretrained.js';

const EPSILON = 1e-6;
const CHANNELS = [96, 192, 384, 768] as const;
const WEIGHTS = { bias: true, init: 'truncated-normal' } as const;

/** [N, C, H, W] to [N, H, W, C], and back. */
const channelsLast = (f: Forward, x: Value): Value => f.transpose(x, [0, 2, 3, 1]);
const channelsFirst = (f: Forward, x: Value): Value => f.transpose(x, [0, 3, 1, 2]);

/** Layer norm over the channels at each place. */
function channelNorm(f: Forward, name: string, x: Value): Value {
  return channelsFirst(f, f.layerNorm(name, channelsLast(f, x), EPSILON));
}

/** A 7×7 depthwise convolution, then two layers over the channels at each place; scaled, and added to the input. */
function block(f: Forward, name: string, x: Value): Value {
  const [, channels = 1] = f.b.dims(x);
  const scale = f.parameter(`${name}.layer_scale`, [channels, 1, 1], 'bias', { fill: 1e-6 });
  let y = channelsLast(f, f.conv(`${name}.block.0`, x, channels, 7, { groups: channels, ...WEIGHTS }));
  y = f.layerNorm(`${name}.block.2`, y, EPSILON);
  y = f.gelu(f.linear(`${name}.block.3`, y, 4 * channels, 'truncated-normal'));
  y = f.linear(`${name}.block.5`, y, channels, 'truncated-normal');
  return f.add(f.mul(channelsFirst(f, y), scale), x);
}

/**
 * A ConvNeXt (Liu et al. 2022) under torchvision's names. The body ends before pooling, as timm's features do; the norm after
 * it is the classifier's. Stochastic depth is left out, as in timm's fine-tuning.
 *
 * @param depths blocks in each stage
 */
function convnext(name: keyof typeof PRETRAINED, depths: readonly [number, number, number, number]): Architecture {
  return {
    name,
    body(f, x) {
      let y = channelNorm(
        f,
        'features.0.1',
        f.conv('features.0.0', x, CHANNELS[0], 4, { stride: 4, pad: 0, ...WEIGHTS }),
      );
      CHANNELS.forEach((channels, s) => {
        if (s > 0) {
          const at = `features.${2 * s}`;
          y = f.conv(`${at}.1`, channelNorm(f, `${at}.0`, y), channels, 2, { stride: 2, pad: 0, ...WEIGHTS });
        }
        for (let i = 0; i < (depths[s] ?? 0); i++) y = block(f, `features.${2 * s + 1}.${i}`, y);
      });
      return y;
    },
    classifier(f, features, classes) {
      const pooled = f.layerNorm('classifier.0', f.averagePooled(features), EPSILON);
      return f.linear('classifier.2', pooled, classes, 'truncated-normal');
    },
    groups: [numbered('features', 0, 4), numbered('features', 4, 8)],
    minSize: 32,
    pretrained: PRETRAINED[name],
  };
}

export const convnextTiny = convnext('convnext_tiny', [3, 3, 9, 3]);
export const convnextSmall = convnext('convnext_small', [3, 3, 27, 3]);
