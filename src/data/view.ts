import type { Rng } from '../core/rng.js';
import { compose, type Homography, identity, invert, squareToQuad, translation } from './homography.js';
import { lightingTable, logit, unchanged } from './lighting.js';
import type { Range, Transform } from './transforms.js';

/** How one output picture is taken from its base picture. */
export interface View {
  /** From the output's pixel centres (x, y) to the base's; exactly a translation if nothing is resampled. */
  readonly map: Homography;
  /** From old to new byte, [256]. */
  readonly table: Uint8Array;
}

/**
 * Draws every transform for one picture and composes them into one view.
 *
 * As in fastai v1 whatever the order of the list: the square is cut last, out of the flipped picture, out of the warped
 * and affinely moved one. With C crop, F flip, W warp, A the product of the affine matrices in list order, and N from pixels
 * to [-1, 1]²: map = N⁻¹ · A · W · N · F · C.
 *
 * @param width,height of the base picture in pixels, both at least `size`
 */
export function drawView(
  rng: Rng,
  transforms: readonly Transform[],
  width: number,
  height: number,
  size: number,
): View {
  let row = Math.floor((height - size + 1) * 0.5);
  let col = Math.floor((width - size + 1) * 0.5);
  let flip = false;
  let warp: Homography | undefined;
  let affine: Homography | undefined;
  let shift = 0;
  let contrast = 1;

  for (const transform of transforms) {
    if (transform.p < 1 && rng.uniform() >= transform.p) continue;
    switch (transform.name) {
      case 'crop':
        row = Math.min(Math.floor((height - size + 1) * draw(rng, transform.rowPct)), height - size);
        col = Math.min(Math.floor((width - size + 1) * draw(rng, transform.colPct)), width - size);
        break;
      case 'flipLr':
        flip = !flip;
        break;
      case 'dihedral':
        affine = compose(affine ?? identity, dihedral(rng.int(8)));
        break;
      case 'symmetricWarp': {
        const m = transform.magnitude;
        const drawn = symmetricWarp(draw(rng, m), draw(rng, m), draw(rng, m), draw(rng, m));
        warp = warp === undefined ? drawn : compose(drawn, warp);
        break;
      }
      case 'rotate':
        affine = compose(affine ?? identity, rotation(draw(rng, transform.degrees)));
        break;
      case 'zoom':
        affine = compose(
          affine ?? identity,
          zoom(draw(rng, transform.scale), draw(rng, transform.rowPct), draw(rng, transform.colPct)),
        );
        break;
      case 'brightness':
        shift += logit(draw(rng, transform.change)) / contrast;
        break;
      case 'contrast':
        contrast *= Math.exp(draw(rng, [Math.log(transform.scale[0]), Math.log(transform.scale[1])]));
        break;
    }
  }

  let map = translation(col, row);
  if (flip) map = compose([-1, 0, width - 1, 0, 1, 0, 0, 0, 1], map);
  if (warp !== undefined || affine !== undefined) {
    const sx = Math.max(1, width - 1) / 2;
    const sy = Math.max(1, height - 1) / 2;
    map = compose([1 / sx, 0, -1, 0, 1 / sy, -1, 0, 0, 1], map);
    if (warp !== undefined) map = compose(warp, map);
    if (affine !== undefined) map = compose(inPictureUnits(affine, sy / sx), map);
    map = compose([sx, 0, sx, 0, sy, sy, 0, 0, 1], map);
  }
  const lit = shift !== 0 || contrast !== 1;
  return { map, table: lit ? lightingTable(shift, contrast) : unchanged };
}

function draw(rng: Rng, [low, high]: Range): number {
  return low === high ? low : rng.uniform(low, high);
}

/** Turns the picture counterclockwise as seen (y points down). */
export function rotation(degrees: number): Homography {
  const angle = (degrees * Math.PI) / 180;
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  return [cos, -sin, 0, sin, cos, 0, 0, 0, 1];
}

/** Enlarges by `scale` (1 or more); the part seen lies at (rowPct, colPct) of the room there is. */
export function zoom(scale: number, rowPct: number, colPct: number): Homography {
  const room = 1 - 1 / scale;
  return [1 / scale, 0, room * (2 * colPct - 1), 0, 1 / scale, room * (2 * rowPct - 1), 0, 0, 1];
}

/** Number `k` of the square's eight symmetries: bit 0 mirrors x, bit 1 mirrors y, bit 2 swaps them. */
export function dihedral(k: number): Homography {
  const x = k & 1 ? -1 : 1;
  const y = k & 2 ? -1 : 1;
  return k & 4 ? [0, x, 0, y, 0, 0, 0, 0, 1] : [x, 0, 0, 0, y, 0, 0, 0, 1];
}

/** Looks at the picture from a side: the square's corners move in or out by the magnitudes (fastai v1, `symmetric_warp`). */
export function symmetricWarp(m0: number, m1: number, m2: number, m3: number): Homography {
  return invert(squareToQuad([-1 - m3, -1 - m1], [1 + m3, -1 - m0], [1 + m2, 1 + m0], [-1 - m2, 1 + m1]));
}

/** An affine map given for a square picture, made to keep shapes on one `aspect` = height / width. */
function inPictureUnits(m: Homography, aspect: number): Homography {
  return [m[0], m[1] * aspect, m[2], m[3] / aspect, m[4], m[5], m[6], m[7], m[8]];
}
