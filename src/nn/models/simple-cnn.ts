import { float32, type Value } from '../../graph/types.js';
import type { Architecture } from '../architecture.js';
import type { Forward } from '../forward.js';
import { whitening } from './whitening.js';

/** Channels of its three stages: half of Page's, for training without a GPU. */
const WIDTHS = [64, 128, 256];

/**
 * Patches of 2×2 pixels by the directions in which pictures vary most, with both signs, so that ReLU loses nothing: [N, 3, H, W] to
 * [N, 16, H − 1, W − 1]. It is not trained: no gradient need be taken through the largest planes.
 */
function whitened(f: Forward, x: Value): Value {
  const weight = f.b.constant(float32([16, 3, 2, 2], whitening()), 'whitening.weight');
  return f.relu(f.b.op('Conv', [x, weight], { kernel_shape: [2, 2] }, { name: 'whitening' }));
}

/** Halves the sides before the norm, whose sweeps then take a quarter of the time; then what the second layer adds. */
function stage(f: Forward, name: string, x: Value, out: number): Value {
  const pooled = f.maxPool(f.conv(`${name}.0.conv`, x, out, 3), 2);
  const y = f.relu(f.batchNorm(`${name}.0.norm`, pooled));
  return f.add(y, f.relu(f.convNorm(`${name}.1.conv`, `${name}.1.norm`, y, out, 3)));
}

/**
 * A small residual network to train from scratch on small pictures: a ResNet-9 (Page 2018, "How to train your ResNet"), with what made its successors
 * learn faster on CIFAR-10: a first layer that whitens and is not trained, and pooling before the norm (Jordan 2024, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU").
 */
export const simpleCnn: Architecture = {
  name: 'simple_cnn',
  body(f, x) {
    return WIDTHS.reduce((y, width, i) => stage(f, `layer${i + 1}`, y, width), whitened(f, x));
  },
  classifier: (f, features, classes) => f.linear('linear', f.maxPooled(features), classes),
  groups: [['layer1'], ['layer2', 'layer3']],
  // As small a network learns for all of a short training without it, and has no time to learn by heart.
  head: { dropout: 0 },
  minSize: 9,
  inputSize: 32,
};
