import { type Homography, invert, type Point, squareToQuad } from '../homography.js';

/**
 * The maps of geometric transforms, from where a pixel is seen to where it is taken from; in a picture that reaches from (-1, -1), top
 * left, to (1, 1).
 */

/** Turns the picture counterclockwise as seen (y points down). */
export function rotation(degrees: number): Homography {
  const angle = (degrees * Math.PI) / 180;
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  return [cos, -sin, 0, sin, cos, 0, 0, 0, 1];
}

/** Enlarges by `scale`; the part seen lies at (rowPct, colPct) of the room there is. */
export function zooming(scale: number, rowPct: number, colPct: number): Homography {
  return part(1 / scale, 1 / scale, rowPct, colPct);
}

/** A part `scale` wide fills the width; above 1, a part 1 / `scale` high fills the height. */
export function squishing(scale: number, rowPct: number, colPct: number): Homography {
  return scale <= 1 ? part(scale, 1, 0.5, colPct) : part(1, 1 / scale, rowPct, 0.5);
}

/** A part of the picture fills it. */
function part(width: number, height: number, rowPct: number, colPct: number): Homography {
  return [width, 0, (1 - width) * (2 * colPct - 1), 0, height, (1 - height) * (2 * rowPct - 1), 0, 0, 1];
}

/** Mirrors left and right. */
export const mirror: Homography = [-1, 0, 0, 0, 1, 0, 0, 0, 1];

/** Number `k` of the square's eight symmetries: bit 0 mirrors x, bit 1 mirrors y, bit 2 swaps them. */
export function symmetry(k: number): Homography {
  const x = k & 1 ? -1 : 1;
  const y = k & 2 ? -1 : 1;
  return k & 4 ? [0, x, 0, y, 0, 0, 0, 0, 1] : [x, 0, 0, 0, y, 0, 0, 0, 1];
}

/** The square's symmetry number `k` as fastai's pixel transform has it: bit 0 mirrors y, bit 1 mirrors x, then bit 2 swaps them. */
export function pixelSymmetry(k: number): Homography {
  const x = k & 2 ? -1 : 1;
  const y = k & 1 ? -1 : 1;
  return k & 4 ? [0, x, 0, y, 0, 0, 0, 0, 1] : [x, 0, 0, 0, y, 0, 0, 0, 1];
}

/** The corners of the picture, from the top left one clockwise, are shown at four other points. */
export type Corners = readonly [topLeft: Point, topRight: Point, bottomRight: Point, bottomLeft: Point];

/** Shows the picture's corners at these points; inverted, shows these points at the picture's corners. */
export function warp(corners: Corners, inverted: boolean): Homography {
  const [topLeft, topRight, bottomRight, bottomLeft] = corners;
  const map = squareToQuad(topLeft, topRight, bottomRight, bottomLeft);
  return inverted ? map : invert(map);
}

/** Each side's corners move apart by its magnitude: m0 right, m1 left, m2 bottom, m3 top. */
export function symmetricCorners(m0: number, m1: number, m2: number, m3: number): Corners {
  return [
    [-1 - m3, -1 - m1],
    [1 + m3, -1 - m0],
    [1 + m2, 1 + m0],
    [-1 - m2, 1 + m1],
  ];
}

/** Which of `symmetricCorners`' magnitudes each direction of a tilt is. */
export function tiltedCorners(direction: number, m: number): Corners {
  const at = (side: number): number => (direction === side ? m : 0);
  return symmetricCorners(at(0), at(1), at(2), at(3));
}

/** Each corner moves by x and y: eight magnitudes, top left, bottom left, top right, bottom right. */
export function movedCorners(m: readonly number[]): Corners {
  const [tlX = 0, tlY = 0, blX = 0, blY = 0, trX = 0, trY = 0, brX = 0, brY = 0] = m;
  return [
    [-1 + tlX, -1 + tlY],
    [1 + trX, -1 + trY],
    [1 + brX, 1 + brY],
    [-1 + blX, 1 + blY],
  ];
}

/** One corner moves outwards along one side. */
export function skewedCorners(direction: number, m: number): Corners {
  // In fastai's order: which of `movedCorners`' magnitudes, and which way is outwards.
  const moves = [
    [0, -m],
    [1, -m],
    [2, -m],
    [3, m],
    [4, m],
    [5, -m],
    [6, m],
    [7, m],
  ] as const;
  const [which, by] = moves[direction] ?? moves[0];
  return movedCorners(Array.from({ length: 8 }, (_, i) => (i === which ? by : 0)));
}
