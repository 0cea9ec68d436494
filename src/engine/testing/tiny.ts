import type { Architecture } from '../../nn/architecture.js';
import { uniform } from '../../testing/golden.js';
import type { Network } from '../network.js';

/** Small, with every kind of layer that the engine treats in its own way. */
export const tiny: Architecture = {
  name: 'tiny',
  body(f, x) {
    let y = f.relu(f.convNorm('stem.conv', 'stem.norm', x, 16, 3, { stride: 2 }));
    y = f.relu6(f.convNorm('depth.conv', 'depth.norm', y, 16, 3, { groups: 16, pad: 'same', stride: 2 }));
    return f.add(y, f.convNorm('point.conv', 'point.norm', y, 16, 1));
  },
  classifier: (f, features, classes) => f.linear('fc', f.averagePooled(features), classes),
  groups: [['stem'], ['depth', 'point']],
};

export const tinyNet: Network = {
  arch: tiny,
  classes: 3,
  head: { kind: 'concat-pool', hidden: 16 },
  mean: [0.5, 0.5, 0.5],
  std: [0.25, 0.25, 0.25],
};

/** Side of the pictures, and how many there are. */
export const SIZE = 16;
export const N = 8;
export const pictures = Uint8Array.from(uniform(1, N * 3 * SIZE * SIZE), (u) => 127.5 + 127.5 * u);
export const targets = Float32Array.from({ length: N * 3 }, (_, i) => (i % 3 === Math.floor(i / 3) % 3 ? 1 : 0));
