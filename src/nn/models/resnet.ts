import type { Value } from '../../graph/types.js';
import type { Architecture } from '../architecture.js';
import type { Forward } from '../forward.js';

type Block = (f: Forward, name: string, x: Value, width: number, stride: number) => Value;

/** The way around a block: a 1×1 convolution where shape changes. */
function shortcut(f: Forward, name: string, x: Value, out: number, stride: number): Value {
  const [, channels] = f.b.dims(x);
  if (stride === 1 && channels === out) return x;
  return f.convNorm(`${name}.downsample.0`, `${name}.downsample.1`, x, out, 1, { stride });
}

const basicBlock: Block = (f, name, x, width, stride) => {
  let y = f.relu(f.convNorm(`${name}.conv1`, `${name}.bn1`, x, width, 3, { stride }));
  y = f.convNorm(`${name}.conv2`, `${name}.bn2`, y, width, 3);
  return f.relu(f.add(y, shortcut(f, name, x, width, stride)));
};

/** With the stride in the 3×3 convolution, as torchvision has it. */
const bottleneck: Block = (f, name, x, width, stride) => {
  let y = f.relu(f.convNorm(`${name}.conv1`, `${name}.bn1`, x, width, 1));
  y = f.relu(f.convNorm(`${name}.conv2`, `${name}.bn2`, y, width, 3, { stride }));
  y = f.convNorm(`${name}.conv3`, `${name}.bn3`, y, width * 4, 1);
  return f.relu(f.add(y, shortcut(f, name, x, width * 4, stride)));
};

/** A residual network (He et al. 2015) under torchvision's names; layer groups are fastai's. */
function resnet(name: string, block: Block, depths: readonly number[]): Architecture {
  return {
    name,
    body(f, x) {
      let y = f.relu(f.convNorm('conv1', 'bn1', x, 64, 7, { stride: 2 }));
      y = f.maxPool(y, 3, 2, 1);
      depths.forEach((depth, s) => {
        for (let i = 0; i < depth; i++) y = block(f, `layer${s + 1}.${i}`, y, 64 << s, s > 0 && i === 0 ? 2 : 1);
      });
      return y;
    },
    classifier: (f, features, classes) => f.linear('fc', f.averagePooled(features), classes),
    groups: [
      ['conv1', 'bn1', 'layer1', 'layer2'],
      ['layer3', 'layer4'],
    ],
  };
}

export const resnet18 = resnet('resnet18', basicBlock, [2, 2, 2, 2]);
export const resnet34 = resnet('resnet34', basicBlock, [3, 4, 6, 3]);
export const resnet50 = resnet('resnet50', bottleneck, [3, 4, 6, 3]);
