import type { Rng } from '../core/rng.js';
import { drawAll } from './augment/draw.js';
import { Drawing } from './augment/drawing.js';
import type { Pass } from './augment/passes/pass.js';
import type { Transform } from './augment/transform.js';
import { DEFAULT_FRAMING, type Extent, type Framing, type PaddingMode, shownExtent } from './framing.js';
import type { Homography } from './homography.js';

/** How one output picture is taken from its base picture. */
export interface View {
  /** The size of the base picture as it is shown. */
  readonly shown: Extent;
  /** From the output's pixel centres (x, y) to the shown picture's; exactly a translation if nothing is resampled. */
  readonly map: Homography;
  /** What is seen beyond its edges. */
  readonly padding: PaddingMode;
  /** From old to new byte, [256]. */
  readonly table: Uint8Array;
  /** What is done to the square then, in this order. */
  readonly passes: readonly Pass[];
}

/**
 * Draws every transform for one picture and composes them into one view.
 *
 * @param base the picture as it is stored, in pixels
 * @param size side of the square in pixels
 */
export function drawView(
  rng: Rng,
  transforms: readonly Transform[],
  base: Extent,
  size: number,
  { resizeMethod, paddingMode }: Framing = DEFAULT_FRAMING,
): View {
  const drawing = new Drawing(rng, shownExtent(base, size, resizeMethod), size, paddingMode);
  drawAll(drawing, transforms);
  return drawing.view();
}
