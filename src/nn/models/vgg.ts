import type { Architecture } from '../architecture.js';
import { adaptiveAveragePool } from '../resample.js';
import { numbered } from './blocks.js';
import { PRETRAINED } from './pretrained.js';

/** Output channels of the convolutions of each stage; every stage halves the sides. */
const CHANNELS = [64, 128, 256, 512, 512] as const;

/**
 * A network of 3×3 convolutions (Simonyan & Zisserman 2015) with batch norm, under torchvision's names. Body and layer groups
 * are fastai's.
 *
 * @param depths convolutions in each stage
 */
function vgg(name: keyof typeof PRETRAINED, depths: readonly [number, number, number, number, number]): Architecture {
  /** Convolution, norm and activation are three layers, a pooling is one. */
  const layers = depths.reduce((n, depth) => n + 3 * depth + 1, 0);
  return {
    name,
    body(f, x) {
      let y = x;
      let layer = 0;
      CHANNELS.forEach((channels, s) => {
        for (let i = 0; i < (depths[s] ?? 0); i++, layer += 3) {
          const [conv, norm] = [`features.${layer}`, `features.${layer + 1}`];
          y = f.relu(f.convNorm(conv, norm, y, channels, 3, { bias: true }));
        }
        y = f.maxPool(y, 2);
        layer++;
      });
      return y;
    },
    classifier(f, features, classes) {
      let y = f.flat(adaptiveAveragePool(f, features, 7));
      y = f.dropout('classifier.2', f.relu(f.linear('classifier.0', y, 4096)), 0.5);
      y = f.dropout('classifier.5', f.relu(f.linear('classifier.3', y, 4096)), 0.5);
      return f.linear('classifier.6', y, classes);
    },
    groups: [numbered('features', 0, 22), numbered('features', 22, layers)],
    minSize: 32,
    pretrained: PRETRAINED[name],
  };
}

export const vgg11Bn = vgg('vgg11_bn', [1, 1, 2, 2, 2]);
export const vgg16Bn = vgg('vgg16_bn', [2, 2, 3, 3, 3]);
export const vgg19Bn = vgg('vgg19_bn', [2, 2, 4, 4, 4]);
