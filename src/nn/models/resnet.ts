import type { Value } from '../../graph/types.js';
import type { Architecture } from '../architecture.js';
import type { Forward } from '../forward.js';
import { PRETRAINED } from './pretrained.js';

interface Widths {
  /** Channels between the 1×1 convolutions, for 64 channels of the stage. Default 64. */
  readonly base?: number;
  /** Groups of the 3×3 convolution. Default 1. */
  readonly groups?: number;
}

type Block = (f: Forward, name: string, x: Value, width: number, stride: number, widths: Widths) => Value;

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
const bottleneck: Block = (f, name, x, width, stride, { base = 64, groups = 1 }) => {
  const inner = ((width * base) / 64) * groups;
  let y = f.relu(f.convNorm(`${name}.conv1`, `${name}.bn1`, x, inner, 1));
  y = f.relu(f.convNorm(`${name}.conv2`, `${name}.bn2`, y, inner, 3, { stride, groups }));
  y = f.convNorm(`${name}.conv3`, `${name}.bn3`, y, width * 4, 1);
  return f.relu(f.add(y, shortcut(f, name, x, width * 4, stride)));
};

/** A residual network (He et al. 2015) under torchvision's names; layer groups are fastai's. */
function resnet(
  name: keyof typeof PRETRAINED,
  block: Block,
  depths: readonly number[],
  widths: Widths = {},
): Architecture {
  return {
    name,
    body(f, x) {
      let y = f.relu(f.convNorm('conv1', 'bn1', x, 64, 7, { stride: 2 }));
      y = f.maxPool(y, 3, { stride: 2, pad: 1 });
      depths.forEach((depth, s) => {
        for (let i = 0; i < depth; i++) {
          y = block(f, `layer${s + 1}.${i}`, y, 64 << s, s > 0 && i === 0 ? 2 : 1, widths);
        }
      });
      return y;
    },
    classifier: (f, features, classes) => f.linear('fc', f.averagePooled(features), classes),
    groups: [
      ['conv1', 'bn1', 'layer1', 'layer2'],
      ['layer3', 'layer4'],
    ],
    pretrained: PRETRAINED[name],
  };
}

export const resnet18 = resnet('resnet18', basicBlock, [2, 2, 2, 2]);
export const resnet34 = resnet('resnet34', basicBlock, [3, 4, 6, 3]);
export const resnet50 = resnet('resnet50', bottleneck, [3, 4, 6, 3]);
export const resnet101 = resnet('resnet101', bottleneck, [3, 4, 23, 3]);
export const resnet152 = resnet('resnet152', bottleneck, [3, 8, 36, 3]);
/** Twice the inner channels (Zagoruyko & Komodakis 2016). */
export const wideResnet50 = resnet('wide_resnet50_2', bottleneck, [3, 4, 6, 3], { base: 128 });
/** 32 groups of 4 channels (Xie et al. 2017). */
export const resnext50 = resnet('resnext50_32x4d', bottleneck, [3, 4, 6, 3], { base: 4, groups: 32 });
