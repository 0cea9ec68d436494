import type { Value } from '../../graph/types.js';
import type { Architecture } from '../architecture.js';
import type { Forward } from '../forward.js';

/**
 * Channels of the first convolution. Half of Page's: a quarter of the work, for training without a GPU.
 */
const WIDTH = 32;

function convNorm(f: Forward, name: string, x: Value, out: number): Value {
  return f.relu(f.convNorm(`${name}.conv`, `${name}.norm`, x, out, 3));
}

/** Doubles the channels, halves the sides. */
function stage(f: Forward, name: string, x: Value): Value {
  const [, channels = 1] = f.b.dims(x);
  return f.maxPool(convNorm(f, name, x, 2 * channels), 2);
}

function residual(f: Forward, name: string, x: Value): Value {
  const [, channels = 1] = f.b.dims(x);
  return f.add(x, convNorm(f, `${name}.1`, convNorm(f, `${name}.0`, x, channels), channels));
}

/**
 * A network of nine layers to train from scratch on small pictures: the ResNet-9 of Page 2018 ("How to train your ResNet"),
 * which was made for CIFAR-10's 32 pixels, at half its width.
 */
export const simpleCnn: Architecture = {
  name: 'simple_cnn',
  body(f, x) {
    let y = stage(f, 'layer1', convNorm(f, 'prep', x, WIDTH));
    y = stage(f, 'layer2', residual(f, 'layer1.residual', y));
    y = stage(f, 'layer3', y);
    return residual(f, 'layer3.residual', y);
  },
  classifier: (f, features, classes) => f.linear('linear', f.maxPooled(features), classes),
  groups: [
    ['prep', 'layer1'],
    ['layer2', 'layer3'],
  ],
  // As small a network learns for all of a short training without it, and has no time to learn by heart.
  head: { dropout: 0 },
  minSize: 8,
  inputSize: 32,
};
