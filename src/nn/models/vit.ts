import type { Value } from '../../graph/types.js';
import type { Architecture } from '../architecture.js';
import type { Forward } from '../forward.js';
import { bicubicWeights, resampled } from '../resample.js';
import { numbered } from './blocks.js';
import { PRETRAINED } from './pretrained.js';

/** Side of a patch in pixels, and patches along a side of the pictures that it was trained on. */
const PATCH = 16;
const GRID = 14;
const DEPTH = 12;
const EPSILON = 1e-6;

const INIT = 'truncated-normal';

/** Embeddings of the patches' places [1, 1 + h·w, C], interpolated from those of the 14×14 grid; the class token's comes first. */
function positions(f: Forward, h: number, w: number, width: number): Value {
  const trained = f.parameter('pos_embed', [1, 1 + GRID * GRID, width], 'bias', INIT);
  if (h === GRID && w === GRID) return trained;
  const parts = [1, GRID * GRID];
  const [token = '', grid = ''] = f.b.ops('Split', 2, [trained, f.b.integers(...parts)], { axis: 1 });
  const map = f.transpose(f.reshape(grid, [GRID, GRID, width]), [0, 3, 1, 2]);
  const enlarged = resampled(f, map, bicubicWeights(GRID, h), bicubicWeights(GRID, w));
  return f.concat([token, tokens(f, enlarged)]);
}

/** [N, C, h, w] to [N, h·w, C]. */
function tokens(f: Forward, x: Value): Value {
  const [, channels = 1, h = 1, w = 1] = f.b.dims(x);
  return f.transpose(f.reshape(x, [channels, h * w]), [0, 2, 1]);
}

/** A token for each patch, the class token before them. */
function embedding(f: Forward, x: Value, width: number): Value {
  const token = f.parameter('cls_token', [1, 1, width], 'bias', INIT);
  const [, , height = 1, breadth = 1] = f.b.dims(x);
  const places = positions(f, height / PATCH, breadth / PATCH, width);
  const patches = f.conv('patch_embed.proj', x, width, PATCH, { stride: PATCH, pad: 0, bias: true, init: INIT });
  // A zero stands in for each picture's class token: repeating the parameter would need the size of the batch.
  const padded = f.b.op('Pad', [tokens(f, patches), f.b.integers(0, 1, 0, 0, 0, 0)]);
  const [first = '', rest = ''] = f.b.ops('Split', 2, [places, f.b.integers(1, (f.b.dims(places)[1] ?? 1) - 1)], {
    axis: 1,
  });
  return f.add(padded, f.concat([f.add(first, token), rest]));
}

/** Self-attention of several heads (Vaswani et al. 2017), each of 64 channels. */
function attention(f: Forward, name: string, x: Value): Value {
  const [, count = 1, width = 1] = f.b.dims(x);
  const size = 64;
  const [query = '', key = '', value = ''] = f.split(f.linear(`${name}.qkv`, x, 3 * width, INIT), 3, 2);
  const heads = (v: Value, perm: readonly number[]) => f.transpose(f.reshape(v, [count, width / size, size]), perm);
  const scaled = f.mul(heads(query, [0, 2, 1, 3]), f.b.scalar(size ** -0.5));
  const scores = f.b.op('MatMul', [scaled, heads(key, [0, 2, 3, 1])]);
  const mixed = f.b.op('MatMul', [f.b.op('Softmax', [scores], { axis: -1 }), heads(value, [0, 2, 1, 3])]);
  return f.linear(`${name}.proj`, f.reshape(f.transpose(mixed, [0, 2, 1, 3]), [count, width]), width, INIT);
}

function block(f: Forward, name: string, x: Value): Value {
  const y = f.add(x, attention(f, `${name}.attn`, f.layerNorm(`${name}.norm1`, x, EPSILON)));
  const width = f.b.dims(x).at(-1) ?? 1;
  const hidden = f.linear(`${name}.mlp.fc1`, f.layerNorm(`${name}.norm2`, y, EPSILON), 4 * width, INIT);
  return f.add(y, f.linear(`${name}.mlp.fc2`, f.gelu(hidden), width, INIT));
}

/**
 * A vision transformer (Dosovitskiy et al. 2021) under timm's names (`vit_*_patch16_224`). The body gives the class token
 * [N, C], which is what timm and fastai put a head on. Pictures of other sizes than 224 get positions interpolated from the
 * trained ones inside the network, as timm's `dynamic_img_size` does it: a size is no part of the parameters.
 *
 * @param width channels of a token
 */
function visionTransformer(name: 'vit_tiny_patch16' | 'vit_small_patch16', width: number): Architecture {
  return {
    name,
    body(f, x) {
      let y = embedding(f, x, width);
      for (let i = 0; i < DEPTH; i++) y = block(f, `blocks.${i}`, y);
      const [, count = 1] = f.b.dims(y);
      const [token = ''] = f.b.ops('Split', 2, [y, f.b.integers(1, count - 1)], { axis: 1 });
      return f.layerNorm('norm', f.flat(token), EPSILON);
    },
    classifier: (f, features, classes) => f.linear('head', features, classes, INIT),
    groups: [
      ['cls_token', 'pos_embed', 'patch_embed', ...numbered('blocks', 0, DEPTH / 2)],
      [...numbered('blocks', DEPTH / 2, DEPTH), 'norm'],
    ],
    minSize: PATCH,
    sizeStep: PATCH,
    pretrained: PRETRAINED[name],
  };
}

export const vitTiny = visionTransformer('vit_tiny_patch16', 192);
export const vitSmall = visionTransformer('vit_small_patch16', 384);
