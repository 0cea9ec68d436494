import type { Value } from '../../graph/types.js';
import type { Architecture } from '../architecture.js';
import type { Forward } from '../forward.js';
import { convNormActivation } from './blocks.js';

/** Repeats and output channels of each stage. */
const STAGES = [
  [3, 256],
  [4, 512],
  [6, 1024],
  [3, 2048],
] as const;

/** A pooled and a 1×1 convolution on the way around, so that no value is skipped over. */
function shortcut(f: Forward, name: string, x: Value, out: number, stride: number): Value {
  const [, channels] = f.b.dims(x);
  const pooled = stride === 1 ? x : f.averagePool(x, 2, { ceil: true });
  if (channels === out) return pooled;
  return convNormActivation(f, `${name}.idpath.${stride === 1 ? 0 : 1}`, pooled, out, 1, { activation: 'none' });
}

function bottleneck(f: Forward, name: string, x: Value, out: number, stride: number): Value {
  const inner = out / 4;
  let y = convNormActivation(f, `${name}.convpath.0`, x, inner, 1);
  y = convNormActivation(f, `${name}.convpath.1`, y, inner, 3, { stride });
  y = convNormActivation(f, `${name}.convpath.2`, y, out, 1, { activation: 'none' });
  return f.relu(f.add(y, shortcut(f, name, x, out, stride)));
}

/**
 * fastai's xresnet50: ResNet-50 with three 3×3 convolutions for the 7×7, and pooling before the shortcuts' convolutions (He et
 * al. 2018, "Bag of Tricks"). Names and layer groups are fastai's.
 */
export const xresnet50: Architecture = {
  name: 'xresnet50',
  body(f, x) {
    let y = convNormActivation(f, '0', x, 32, 3, { stride: 2 });
    y = convNormActivation(f, '1', y, 32, 3);
    y = convNormActivation(f, '2', y, 64, 3);
    y = f.maxPool(y, 3, { stride: 2, pad: 1 });
    STAGES.forEach(([repeats, out], s) => {
      for (let i = 0; i < repeats; i++) y = bottleneck(f, `${s + 4}.${i}`, y, out, s > 0 && i === 0 ? 2 : 1);
    });
    return y;
  },
  classifier: (f, features, classes) => f.linear('11', f.averagePooled(features), classes),
  groups: [
    ['0', '1', '2'],
    ['4', '5', '6', '7'],
  ],
};
