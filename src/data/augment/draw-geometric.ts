import { translation } from '../homography.js';
import type { Drawing } from './drawing.js';
import {
  mirror,
  movedCorners,
  pixelSymmetry,
  rotation,
  skewedCorners,
  squishing,
  symmetricCorners,
  symmetry,
  tiltedCorners,
  warp,
  zooming,
} from './maps.js';
import type { TransformOf } from './transform.js';

/** How each geometric transform is drawn for one picture. */

export function crop(d: Drawing, t: TransformOf<'crop'>): void {
  d.padWith(t.paddingMode);
  const row = d.draw(t.rowPct);
  d.crop(row, d.draw(t.colPct));
}

/** Boxes that are tried, as in fastai. */
const BOXES = 8;

export function randResizeCrop(d: Drawing, t: TransformOf<'randResizeCrop'>): void {
  for (let i = 0; i < BOXES; i++) {
    const area = (d.width * d.height) / d.rng.uniform(1, t.maxScale);
    const drawn = d.draw(t.ratios);
    const ratio = d.rng.int(2) === 0 ? drawn : 1 / drawn;
    const width = Math.round(Math.sqrt(area * ratio));
    const height = Math.round(Math.sqrt(area / ratio));
    if (width < 1 || height < 1 || width > d.width || height > d.height) continue;
    d.box(d.rng.int(d.width - width + 1), d.rng.int(d.height - height + 1), width, height);
    return;
  }
  const side = Math.min(d.width, d.height);
  d.box(Math.floor((d.width - side) / 2), Math.floor((d.height - side) / 2), side, side);
}

export function pad(d: Drawing, t: TransformOf<'pad'>): void {
  d.pad(t.padding, t.mode);
}

export function flipLr(d: Drawing): void {
  d.flip();
}

export function flipAffine(d: Drawing): void {
  d.affine(mirror);
}

export function dihedral(d: Drawing, t: TransformOf<'dihedral'>): void {
  d.onSquareUnits(pixelSymmetry(d.drawWhole(t.k)));
}

export function dihedralAffine(d: Drawing, t: TransformOf<'dihedralAffine'>): void {
  d.affine(symmetry(d.drawWhole(t.k)));
}

export function rotate(d: Drawing, t: TransformOf<'rotate'>): void {
  d.affine(rotation(d.draw(t.degrees)));
}

export function zoom(d: Drawing, t: TransformOf<'zoom'>): void {
  const scale = d.draw(t.scale);
  const row = d.draw(t.rowPct);
  d.affine(zooming(scale, row, d.draw(t.colPct)));
}

export function squish(d: Drawing, t: TransformOf<'squish'>): void {
  const scale = d.draw(t.scale);
  const row = d.draw(t.rowPct);
  d.affine(squishing(scale, row, d.draw(t.colPct)));
}

export function symmetricWarp(d: Drawing, t: TransformOf<'symmetricWarp'>): void {
  // In this order: an array would cost more than all else here.
  const m0 = d.draw(t.magnitude);
  const m1 = d.draw(t.magnitude);
  const m2 = d.draw(t.magnitude);
  const m3 = d.draw(t.magnitude);
  d.warp(warp(symmetricCorners(m0, m1, m2, m3), t.invert));
}

export function perspectiveWarp(d: Drawing, t: TransformOf<'perspectiveWarp'>): void {
  d.warp(warp(movedCorners(Array.from({ length: 8 }, () => d.draw(t.magnitude))), t.invert));
}

export function tilt(d: Drawing, t: TransformOf<'tilt'>): void {
  d.warp(warp(tiltedCorners(d.drawWhole(t.direction), d.draw(t.magnitude)), t.invert));
}

export function skew(d: Drawing, t: TransformOf<'skew'>): void {
  d.warp(warp(skewedCorners(d.drawWhole(t.direction), d.draw(t.magnitude)), t.invert));
}

export function shear(d: Drawing, t: TransformOf<'shear'>): void {
  const [x, y] = [d.draw(t.x), d.draw(t.y)];
  // The corner of the square is half a pixel before the centre of its first.
  d.onSquare([1, x, x / 2, y, 1, y / 2, 0, 0, 1]);
}

export function translate(d: Drawing, t: TransformOf<'translate'>): void {
  const [x, y] = [d.draw(t.x), d.draw(t.y)];
  d.onSquare(translation(-x * d.size, -y * d.size));
}
