import type { Value } from '../../graph/types.js';
import type { Architecture } from '../architecture.js';
import type { Forward } from '../forward.js';
import { PRETRAINED } from './pretrained.js';

/** Channels that each layer adds, and those of its inner convolution. */
const GROWTH = 32;
const INNER = 4 * GROWTH;

/** Norm and activation come before each convolution; the second norm follows the first convolution. */
function denseLayer(f: Forward, name: string, x: Value): Value {
  const y = f.relu(f.batchNorm(`${name}.norm1`, x));
  const inner = f.relu(f.convNorm(`${name}.conv1`, `${name}.norm2`, y, INNER, 1));
  return f.concat([x, f.conv(`${name}.conv2`, inner, GROWTH, 3)]);
}

/** Halves channels and sides. */
function transition(f: Forward, name: string, x: Value): Value {
  const [, channels = 1] = f.b.dims(x);
  const y = f.conv(`${name}.conv`, f.relu(f.batchNorm(`${name}.norm`, x)), channels / 2, 1);
  return f.averagePool(y, 2);
}

/**
 * A densely connected network (Huang et al. 2017) under torchvision's names. The body ends, as fastai cuts it, at the last
 * norm, before its activation.
 */
function densenet(name: keyof typeof PRETRAINED, depths: readonly number[]): Architecture {
  return {
    name,
    body(f, x) {
      let y = f.relu(f.convNorm('features.conv0', 'features.norm0', x, 64, 7, { stride: 2 }));
      y = f.maxPool(y, 3, { stride: 2, pad: 1 });
      depths.forEach((depth, s) => {
        if (s > 0) y = transition(f, `features.transition${s}`, y);
        for (let i = 1; i <= depth; i++) y = denseLayer(f, `features.denseblock${s + 1}.denselayer${i}`, y);
      });
      return f.batchNorm('features.norm5', y);
    },
    classifier: (f, features, classes) => f.linear('classifier', f.averagePooled(f.relu(features)), classes),
    groups: [
      ['conv0', 'norm0', 'denseblock1', 'transition1', 'denseblock2'],
      ['transition2', 'denseblock3', 'transition3', 'denseblock4', 'norm5'],
    ].map((group) => group.map((layer) => `features.${layer}`)),
    minSize: 29,
    pretrained: PRETRAINED[name],
  };
}

export const densenet121 = densenet('densenet121', [6, 12, 24, 16]);
export const densenet169 = densenet('densenet169', [6, 12, 32, 32]);
