import type { Rng } from '../core/rng.js';
import { drawAll } from './augment/draw.js';
import { Drawing } from './augment/drawing.js';
import type { PaddingMode } from './augment/padding.js';
import type { Transform } from './augment/transform.js';
import type { Homography } from './homography.js';

/** How one output picture is taken from its base picture. */
export interface View {
  /** From the output's pixel centres (x, y) to the base's; exactly a translation if nothing is resampled. */
  readonly map: Homography;
  /** What is seen beyond the edges of the base. */
  readonly padding: PaddingMode;
  /** From old to new byte, [256]. */
  readonly table: Uint8Array;
}

/**
 * Draws every transform for one picture and composes them into one view.
 *
 * @param width,height of the base picture in pixels
 * @param size side of the square in pixels
 * @param paddingMode what is seen beyond the edges, where no transform says otherwise
 */
export function drawView(
  rng: Rng,
  transforms: readonly Transform[],
  width: number,
  height: number,
  size: number,
  paddingMode: PaddingMode = 'reflection',
): View {
  const drawing = new Drawing(rng, width, height, size, paddingMode);
  drawAll(drawing, transforms);
  return drawing.view();
}
