/** How pictures of any shape are brought to a square, and what is seen beyond their edges. */

import { checkOneOf } from './check.js';

/** Black, the edge's pixels on and on, or the picture mirrored about its outermost pixels. */
export const PADDING_MODES = ['zeros', 'border', 'reflection'] as const;
export type PaddingMode = (typeof PADDING_MODES)[number];

/**
 * `crop`: the short side gets the square's length, and what the long side has more is cut off. `pad`: the long side gets it, and what the
 * short side lacks is padded. `squish`: both get it, and shapes change.
 */
export const RESIZE_METHODS = ['crop', 'pad', 'squish'] as const;
export type ResizeMethod = (typeof RESIZE_METHODS)[number];

export interface Framing {
  readonly resizeMethod: ResizeMethod;
  readonly paddingMode: PaddingMode;
}

export const DEFAULT_FRAMING: Framing = { resizeMethod: 'crop', paddingMode: 'reflection' };

/** Fills in the defaults; a UserError names what is no good. */
export function checkFraming(given: { readonly [K in keyof Framing]?: Framing[K] | undefined }): Framing {
  return {
    resizeMethod: checkOneOf('resizeMethod', given.resizeMethod ?? DEFAULT_FRAMING.resizeMethod, RESIZE_METHODS),
    paddingMode: checkOneOf('paddingMode', given.paddingMode ?? DEFAULT_FRAMING.paddingMode, PADDING_MODES),
  };
}

/** Width and height in pixels. */
export interface Extent {
  readonly width: number;
  readonly height: number;
}

/**
 * How large a picture is shown out of which a square of side `size` is cut. Decoded pictures are no larger than that (`decodePicture`);
 * smaller ones are enlarged.
 */
export function shownExtent({ width, height }: Extent, size: number, method: ResizeMethod): Extent {
  if (method === 'squish') return { width: size, height: size };
  const side = method === 'pad' ? Math.max(width, height) : Math.min(width, height);
  if (side >= size) return { width, height };
  const scaled = (length: number): number => Math.max(1, Math.round((length * size) / side));
  return { width: scaled(width), height: scaled(height) };
}
