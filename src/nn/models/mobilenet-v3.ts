import type { Architecture } from '../architecture.js';
import type { Activation } from '../forward.js';
import { convNormActivation, numbered, roundChannels } from './blocks.js';
import { invertedResidual } from './inverted-residual.js';
import { PRETRAINED } from './pretrained.js';

/** Kernel, expanded channels, output channels, squeeze and excitation, activation, stride of each block. */
type Block = readonly [3 | 5, number, number, boolean, Activation, 1 | 2];

/** Howard et al. 2019, table 1. */
const LARGE: readonly Block[] = [
  [3, 16, 16, false, 'relu', 1],
  [3, 64, 24, false, 'relu', 2],
  [3, 72, 24, false, 'relu', 1],
  [5, 72, 40, true, 'relu', 2],
  [5, 120, 40, true, 'relu', 1],
  [5, 120, 40, true, 'relu', 1],
  [3, 240, 80, false, 'hardSwish', 2],
  [3, 200, 80, false, 'hardSwish', 1],
  [3, 184, 80, false, 'hardSwish', 1],
  [3, 184, 80, false, 'hardSwish', 1],
  [3, 480, 112, true, 'hardSwish', 1],
  [3, 672, 112, true, 'hardSwish', 1],
  [5, 672, 160, true, 'hardSwish', 2],
  [5, 960, 160, true, 'hardSwish', 1],
  [5, 960, 160, true, 'hardSwish', 1],
];

/** Howard et al. 2019, table 2. */
const SMALL: readonly Block[] = [
  [3, 16, 16, true, 'relu', 2],
  [3, 72, 24, false, 'relu', 2],
  [3, 88, 24, false, 'relu', 1],
  [5, 96, 40, true, 'hardSwish', 2],
  [5, 240, 40, true, 'hardSwish', 1],
  [5, 240, 40, true, 'hardSwish', 1],
  [5, 120, 48, true, 'hardSwish', 1],
  [5, 144, 48, true, 'hardSwish', 1],
  [5, 288, 96, true, 'hardSwish', 2],
  [5, 576, 96, true, 'hardSwish', 1],
  [5, 576, 96, true, 'hardSwish', 1],
];

const NORM = { epsilon: 1e-3, momentum: 0.01 } as const;
const HARD_SWISH = { activation: 'hardSwish', ...NORM } as const;

/**
 * MobileNetV3 under torchvision's names. Layer groups part before the stage with stride 16, as in the ResNets.
 *
 * @param hidden width of the classifier's hidden layer
 * @param upper the first block of the upper layer group
 */
function mobilenetV3(
  name: keyof typeof PRETRAINED,
  blocks: readonly Block[],
  hidden: number,
  upper: number,
): Architecture {
  return {
    name,
    body(f, x) {
      let y = convNormActivation(f, 'features.0', x, 16, 3, { stride: 2, ...HARD_SWISH });
      blocks.forEach(([kernel, expanded, out, excited, activation, stride], i) => {
        const squeeze = { channels: roundChannels(expanded / 4), activation: 'relu', gate: 'hardSigmoid' } as const;
        const o = { kernel, expanded, out, activation, stride, norm: NORM, ...(excited ? { squeeze } : {}) };
        y = invertedResidual(f, `features.${i + 1}`, y, o);
      });
      const [, channels = 1] = f.b.dims(y);
      return convNormActivation(f, `features.${blocks.length + 1}`, y, 6 * channels, 1, HARD_SWISH);
    },
    classifier(f, features, classes) {
      const y = f.hardSwish(f.linear('classifier.0', f.averagePooled(features), hidden));
      return f.linear('classifier.3', f.dropout('classifier.2', y, 0.2), classes);
    },
    groups: [numbered('features', 0, upper), numbered('features', upper, blocks.length + 2)],
    pretrained: PRETRAINED[name],
  };
}

export const mobilenetV3Large = mobilenetV3('mobilenet_v3_large', LARGE, 1280, 7);
export const mobilenetV3Small = mobilenetV3('mobilenet_v3_small', SMALL, 1024, 4);
