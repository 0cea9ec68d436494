import type { Value } from '../../graph/types.js';
import type { Architecture } from '../architecture.js';
import type { Forward } from '../forward.js';
import { numbered } from './blocks.js';
import { PRETRAINED } from './pretrained.js';

/** The layers after the first convolution and its activation: the channels that a fire module squeezes to, or a pooling. */
type Layers = readonly (number | 'pool')[];

/** Squeezes to few channels, then expands them by 1×1 and 3×3 convolutions side by side, to eight times as many. */
function fire(f: Forward, name: string, x: Value, squeeze: number): Value {
  const inner = f.relu(f.conv(`${name}.squeeze`, x, squeeze, 1, { bias: true }));
  return f.concat(
    ([1, 3] as const).map((k) => f.relu(f.conv(`${name}.expand${k}x${k}`, inner, 4 * squeeze, k, { bias: true }))),
  );
}

/** SqueezeNet (Iandola et al. 2016) under torchvision's names. Body and layer groups are fastai's. */
function squeezenet(
  name: keyof typeof PRETRAINED,
  stem: { readonly channels: number; readonly kernel: number },
  layers: Layers,
): Architecture {
  return {
    name,
    body(f, x) {
      let y = f.relu(f.conv('features.0', x, stem.channels, stem.kernel, { stride: 2, pad: 0, bias: true }));
      layers.forEach((layer, i) => {
        y = layer === 'pool' ? f.maxPool(y, 3, { stride: 2, ceil: true }) : fire(f, `features.${i + 2}`, y, layer);
      });
      return y;
    },
    classifier(f, features, classes) {
      const kept = f.dropout('classifier.0', features, 0.5);
      return f.averagePooled(f.relu(f.conv('classifier.1', kept, classes, 1, { bias: true })));
    },
    groups: [numbered('features', 0, 5), numbered('features', 5, 8), numbered('features', 8, 13)],
    minSize: 21,
    pretrained: PRETRAINED[name],
  };
}

// biome-ignore format: a network reads better on one line
const LAYERS_1_0: Layers = ['pool', 16, 16, 32, 'pool', 32, 48, 48, 64, 'pool', 64];
// biome-ignore format: a network reads better on one line
const LAYERS_1_1: Layers = ['pool', 16, 16, 'pool', 32, 32, 'pool', 48, 48, 64, 64];

export const squeezenet10 = squeezenet('squeezenet1_0', { channels: 96, kernel: 7 }, LAYERS_1_0);
/** The authors' later version: as good at 2.4 times fewer multiplications. */
export const squeezenet11 = squeezenet('squeezenet1_1', { channels: 64, kernel: 3 }, LAYERS_1_1);
