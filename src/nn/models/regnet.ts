import type { Value } from '../../graph/types.js';
import type { Architecture } from '../architecture.js';
import type { Forward } from '../forward.js';
import { convNormActivation, squeezeExcitation } from './blocks.js';
import { PRETRAINED } from './pretrained.js';

/** A 1×1, a grouped 3×3 and a 1×1 convolution; what is squeezed to follows the channels that come in. */
function block(f: Forward, name: string, x: Value, out: number, stride: number, groupWidth: number): Value {
  const [, channels = 1] = f.b.dims(x);
  const none = { activation: 'none' } as const;
  const around =
    stride === 1 && channels === out ? x : convNormActivation(f, `${name}.proj`, x, out, 1, { stride, ...none });
  let y = convNormActivation(f, `${name}.f.a`, x, out, 1);
  y = convNormActivation(f, `${name}.f.b`, y, out, 3, { stride, groups: out / groupWidth });
  y = squeezeExcitation(f, `${name}.f.se`, y, channels / 4, 'relu');
  y = convNormActivation(f, `${name}.f.c`, y, out, 1, none);
  return f.relu(f.add(around, y));
}

/**
 * A RegNetY (Radosavovic et al. 2020) under torchvision's names. Repeats and channels of its stages are what the paper's rule
 * gives for its parameters.
 *
 * @param stages repeats and channels
 * @param groupWidth channels in a group of the 3×3 convolutions
 */
function regnetY(
  name: keyof typeof PRETRAINED,
  stages: readonly (readonly [repeats: number, channels: number])[],
  groupWidth: number,
): Architecture {
  return {
    name,
    body(f, x) {
      let y = convNormActivation(f, 'stem', x, 32, 3, { stride: 2 });
      stages.forEach(([repeats, channels], s) => {
        for (let i = 0; i < repeats; i++) {
          const at = `trunk_output.block${s + 1}.block${s + 1}-${i}`;
          y = block(f, at, y, channels, i === 0 ? 2 : 1, groupWidth);
        }
      });
      return y;
    },
    classifier: (f, features, classes) => f.linear('fc', f.averagePooled(features), classes),
    groups: [
      ['stem', 'trunk_output.block1', 'trunk_output.block2'],
      ['trunk_output.block3', 'trunk_output.block4'],
    ],
    pretrained: PRETRAINED[name],
  };
}

// biome-ignore format: a network reads better on one line
export const regnetY400mf = regnetY('regnet_y_400mf', [[1, 48], [3, 104], [6, 208], [6, 440]], 8);
// biome-ignore format: a network reads better on one line
export const regnetY800mf = regnetY('regnet_y_800mf', [[1, 64], [3, 144], [8, 320], [2, 784]], 16);
