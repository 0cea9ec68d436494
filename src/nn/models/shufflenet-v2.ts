import type { Value } from '../../graph/types.js';
import type { Architecture } from '../architecture.js';
import type { Forward } from '../forward.js';
import { convNormActivation } from './blocks.js';
import { PRETRAINED } from './pretrained.js';

/** Repeats and output channels of stages 2 to 4 at width 1 (Ma et al. 2018, table 5). */
const STAGES = [
  [4, 116],
  [8, 232],
  [4, 464],
] as const;

/** Takes channels of both halves in turn, so that the next block's halves mix them. */
function shuffled(f: Forward, x: Value): Value {
  const [, channels = 1, h = 1, w = 1] = f.b.dims(x);
  const halves = f.reshape(x, [2, channels / 2, h, w]);
  return f.reshape(f.transpose(halves, [0, 2, 1, 3, 4]), [channels, h, w]);
}

/** Half of the channels pass by; the block that halves the sides works on all of them twice instead. */
function block(f: Forward, name: string, x: Value, out: number, stride: number): Value {
  const half = out / 2;
  const depthwise = (layer: string, norm: string, y: Value) =>
    f.convNorm(layer, norm, y, f.b.dims(y)[1] ?? 1, 3, { stride, groups: f.b.dims(y)[1] ?? 1 });
  const pointwise = (layer: string, norm: string, y: Value) => f.relu(f.convNorm(layer, norm, y, half, 1));
  let [left = '', right = ''] = stride === 1 ? f.split(x, 2, 1) : [x, x];
  if (stride > 1) {
    left = depthwise(`${name}.branch1.0`, `${name}.branch1.1`, left);
    left = pointwise(`${name}.branch1.2`, `${name}.branch1.3`, left);
  }
  right = pointwise(`${name}.branch2.0`, `${name}.branch2.1`, right);
  right = depthwise(`${name}.branch2.3`, `${name}.branch2.4`, right);
  right = pointwise(`${name}.branch2.5`, `${name}.branch2.6`, right);
  return shuffled(f, f.concat([left, right]));
}

/** ShuffleNetV2 at width 1 (Ma et al. 2018) under torchvision's names. */
export const shufflenetV2: Architecture = {
  name: 'shufflenet_v2_x1_0',
  body(f, x) {
    let y = convNormActivation(f, 'conv1', x, 24, 3, { stride: 2 });
    y = f.maxPool(y, 3, { stride: 2, pad: 1 });
    STAGES.forEach(([repeats, out], s) => {
      for (let i = 0; i < repeats; i++) y = block(f, `stage${s + 2}.${i}`, y, out, i === 0 ? 2 : 1);
    });
    return convNormActivation(f, 'conv5', y, 1024, 1);
  },
  classifier: (f, features, classes) => f.linear('fc', f.averagePooled(features), classes),
  groups: [
    ['conv1', 'stage2'],
    ['stage3', 'stage4', 'conv5'],
  ],
  pretrained: PRETRAINED.shufflenet_v2_x1_0,
};
