import { windowOf } from '../../shapes/window.js';
import { blockedConv, isDepthwise } from './nodes.js';
import type { BlockedRule } from './rule.js';
import { blockDepthwiseWeights, blockWeights } from './weights.js';

export const conv: BlockedRule = (c) => {
  const { b, block } = c;
  const weights = c.dims(1);
  const [o = 1, i = 1, ...kernel] = weights;
  if (kernel.length !== 2 || o % block !== 0) return undefined;
  const window = windowOf(c.node, c.dims(0).slice(2), kernel);
  const depthwise = isDepthwise(window.group, weights);
  if (window.group !== 1 && !depthwise) return undefined;
  // A picture's three channels are read from the plain layout.
  const fromPlain = !depthwise && i < block;
  if (!fromPlain && !c.canBlock(0)) return undefined;
  const w = c.plain(1);
  const y = blockedConv(
    b,
    fromPlain ? c.plain(0) : c.blocked(0),
    depthwise ? blockDepthwiseWeights(b, w, block) : blockWeights(b, w, block),
    window,
    {
      ...(c.has(2) ? { bias: c.plain(2) } : {}),
      ...(c.following === undefined ? {} : { activation: c.following }),
    },
  );
  return { outputs: [{ blocked: y }], tookActivation: c.following !== undefined };
};
