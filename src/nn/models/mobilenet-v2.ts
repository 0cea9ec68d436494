import type { Value } from '../../graph/types.js';
import type { Architecture } from '../architecture.js';
import type { Forward } from '../forward.js';
import { convNormActivation, numbered } from './blocks.js';
import { PRETRAINED } from './pretrained.js';

/** Expansion, output channels, repeats, and first stride of each stage (Sandler et al. 2018, table 2). */
const STAGES = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

const RELU6 = { activation: 'relu6' } as const;

function invertedResidual(f: Forward, name: string, x: Value, expand: number, out: number, stride: number): Value {
  const [, channels = 1] = f.b.dims(x);
  const mid = channels * expand;
  let y = x;
  let i = 0;
  if (expand !== 1) y = convNormActivation(f, `${name}.conv.${i++}`, y, mid, 1, RELU6);
  y = convNormActivation(f, `${name}.conv.${i++}`, y, mid, 3, { stride, groups: mid, ...RELU6 });
  y = f.convNorm(`${name}.conv.${i}`, `${name}.conv.${i + 1}`, y, out, 1);
  return stride === 1 && channels === out ? f.add(x, y) : y;
}

/** MobileNetV2 (Sandler et al. 2018) under torchvision's names. */
export const mobilenetV2: Architecture = {
  name: 'mobilenet_v2',
  body(f, x) {
    let y = convNormActivation(f, 'features.0', x, 32, 3, { stride: 2, ...RELU6 });
    let i = 1;
    for (const [expand, out, repeats, stride] of STAGES) {
      for (let r = 0; r < repeats; r++)
        y = invertedResidual(f, `features.${i++}`, y, expand, out, r === 0 ? stride : 1);
    }
    return convNormActivation(f, `features.${i}`, y, 1280, 1, RELU6);
  },
  classifier: (f, features, classes) =>
    f.linear('classifier.1', f.dropout('classifier.0', f.averagePooled(features), 0.2), classes),
  groups: [numbered('features', 0, 7), numbered('features', 7, 19)],
  pretrained: PRETRAINED.mobilenet_v2,
};
