import type { Architecture } from '../architecture.js';
import { convNormActivation, numbered, roundChannels } from './blocks.js';
import { invertedResidual } from './inverted-residual.js';
import { PRETRAINED } from './pretrained.js';

/** Expansion, kernel, first stride, output channels and repeats of each stage of B0 (Tan & Le 2019, table 1). */
const STAGES = [
  [1, 3, 1, 16, 1],
  [6, 3, 2, 24, 2],
  [6, 5, 2, 40, 2],
  [6, 3, 2, 80, 3],
  [6, 5, 1, 112, 3],
  [6, 5, 2, 192, 4],
  [6, 3, 1, 320, 1],
] as const;

/**
 * An EfficientNet under torchvision's names. Stochastic depth, which torchvision trains from scratch with, is left out: for
 * fine-tuning timm has it off too.
 *
 * @param width factor of B0's channels
 * @param depth factor of B0's repeats
 * @param dropout before the classifier
 */
function efficientnet(name: keyof typeof PRETRAINED, width: number, depth: number, dropout: number): Architecture {
  return {
    name,
    body(f, x) {
      let y = convNormActivation(f, 'features.0', x, roundChannels(32 * width), 3, { stride: 2, activation: 'silu' });
      STAGES.forEach(([expansion, kernel, stride, channels, repeats], s) => {
        for (let i = 0; i < Math.ceil(repeats * depth); i++) {
          const [, before = 1] = f.b.dims(y);
          y = invertedResidual(f, `features.${s + 1}.${i}`, y, {
            expanded: roundChannels(before * expansion),
            out: roundChannels(channels * width),
            kernel,
            stride: i === 0 ? stride : 1,
            activation: 'silu',
            squeeze: { channels: Math.max(1, Math.floor(before / 4)), activation: 'silu', gate: 'sigmoid' },
            norm: {},
          });
        }
      });
      const [, last = 1] = f.b.dims(y);
      return convNormActivation(f, `features.${STAGES.length + 1}`, y, 4 * last, 1, { activation: 'silu' });
    },
    classifier: (f, features, classes) =>
      f.linear('classifier.1', f.dropout('classifier.0', f.averagePooled(features), dropout), classes),
    groups: [numbered('features', 0, 3), numbered('features', 3, 6), numbered('features', 6, 9)],
    pretrained: PRETRAINED[name],
  };
}

export const efficientnetB0 = efficientnet('efficientnet_b0', 1, 1, 0.2);
export const efficientnetB1 = efficientnet('efficientnet_b1', 1, 1.1, 0.2);
export const efficientnetB2 = efficientnet('efficientnet_b2', 1.1, 1.2, 0.3);
export const efficientnetB3 = efficientnet('efficientnet_b3', 1.2, 1.4, 0.3);
