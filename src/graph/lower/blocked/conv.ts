import { at } from '../../shapes/index.js';
import { windowOf } from '../../shapes/window.js';
import { blockedChannels } from '../layouts.js';
import { blockedConv, isDepthwise } from './nodes.js';
import type { BlockedRule } from './rule.js';
import { blockDepthwiseWeights, blockWeights, padded } from './weights.js';
import { convInTiles, tilingOf } from './winograd.js';

export const conv: BlockedRule = (c) => {
  const { b, block } = c;
  const weights = c.dims(1);
  const [o = 1, i = 1, ...kernel] = weights;
  const channels = blockedChannels(o, block);
  if (kernel.length !== 2 || channels === undefined) return undefined;
  const window = windowOf(c.node, c.dims(0).slice(2), kernel);
  const depthwise = isDepthwise(window.group, weights);
  if (window.group !== 1 && !depthwise) return undefined;
  const tiling = tilingOf(window, c.dims(0), o, block);
  if (tiling !== undefined && c.canBlock(0)) {
    const y = convInTiles(c, tiling);
    return { outputs: [{ blocked: y, channels: o }], took: c.following?.node };
  }
  // A picture's three channels are read from the plain layout.
  const fromPlain = !depthwise && i < block;
  if (!fromPlain && !c.canBlock(0)) return undefined;
  const x = fromPlain ? c.plain(0) : c.blocked(0);
  const w = padded(b, c.plain(1), [channels, depthwise ? 1 : at(b.dims(x), 1)]);
  const y = blockedConv(
    b,
    x,
    depthwise ? blockDepthwiseWeights(b, w, block) : blockWeights(b, w, block),
    depthwise ? { ...window, group: channels } : window,
    {
      ...(c.has(2) ? { bias: padded(b, c.plain(2), [channels]) } : {}),
      ...(c.following === undefined ? {} : { activation: c.following }),
    },
  );
  return { outputs: [{ blocked: y, channels: o }], took: c.following?.node };
};
