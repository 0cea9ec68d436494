import type { Transform } from '../data/augment/transform.js';
import type { Framing, PaddingMode, ResizeMethod } from '../data/framing.js';

const RESIZES: { readonly [method in ResizeMethod]: (beyond: string) => string } = {
  crop: () => 'short side to size (cubic), centre crop',
  pad: (beyond) => `long side to size (cubic), in the middle of a square, ${beyond} around it`,
  squish: () => 'both sides to size (cubic)',
};

const BEYOND: { readonly [mode in PaddingMode]: string } = {
  zeros: 'black',
  border: 'its edges repeated',
  reflection: 'mirrored about its outermost pixels',
};

/** How pictures are brought to the exported model's input, in words and, to read back, in `framing`. */
export function preprocessing(framing: Framing) {
  return {
    input: 'image',
    layout: 'NCHW',
    channels: 'RGB',
    range: [0, 1],
    resize: RESIZES[framing.resizeMethod](BEYOND[framing.paddingMode]),
    framing,
  } as const;
}

/** Transforms that can be written into a file: test-time augmentation draws from them. Functions of one's own cannot. */
export function portable(transforms: readonly Transform[]): Transform[] {
  return transforms.filter(({ name }) => name !== 'custom');
}
