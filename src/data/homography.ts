/**
 * Projective maps of the plane, 3×3, row by row.
 *
 * A point (x, y) goes to ((m0·x + m1·y + m2) / d, (m3·x + m4·y + m5) / d) with d = m6·x + m7·y + m8.
 */
export type Homography = readonly [number, number, number, number, number, number, number, number, number];

/** A point of the plane. */
export type Point = readonly [x: number, y: number];

export const identity: Homography = [1, 0, 0, 0, 1, 0, 0, 0, 1];

/** Moves every point by (dx, dy). */
export function translation(dx: number, dy: number): Homography {
  return [1, 0, dx, 0, 1, dy, 0, 0, 1];
}

/** The map that does `b` first and `a` then. */
export function compose(a: Homography, b: Homography): Homography {
  return [
    a[0] * b[0] + a[1] * b[3] + a[2] * b[6],
    a[0] * b[1] + a[1] * b[4] + a[2] * b[7],
    a[0] * b[2] + a[1] * b[5] + a[2] * b[8],
    a[3] * b[0] + a[4] * b[3] + a[5] * b[6],
    a[3] * b[1] + a[4] * b[4] + a[5] * b[7],
    a[3] * b[2] + a[4] * b[5] + a[5] * b[8],
    a[6] * b[0] + a[7] * b[3] + a[8] * b[6],
    a[6] * b[1] + a[7] * b[4] + a[8] * b[7],
    a[6] * b[2] + a[7] * b[5] + a[8] * b[8],
  ];
}

/** Where a point goes. */
export function apply(m: Homography, [x, y]: Point): Point {
  const d = m[6] * x + m[7] * y + m[8];
  return [(m[0] * x + m[1] * y + m[2]) / d, (m[3] * x + m[4] * y + m[5]) / d];
}

/** The inverse map, scaled so that its last element is 1. */
export function invert(m: Homography): Homography {
  const w = m[0] * m[4] - m[1] * m[3];
  return [
    (m[4] * m[8] - m[5] * m[7]) / w,
    (m[2] * m[7] - m[1] * m[8]) / w,
    (m[1] * m[5] - m[2] * m[4]) / w,
    (m[5] * m[6] - m[3] * m[8]) / w,
    (m[0] * m[8] - m[2] * m[6]) / w,
    (m[2] * m[3] - m[0] * m[5]) / w,
    (m[3] * m[7] - m[4] * m[6]) / w,
    (m[1] * m[6] - m[0] * m[7]) / w,
    1,
  ];
}

/**
 * The map that takes the square with corners (-1, -1), (1, -1), (1, 1), (-1, 1) to four points in the same order
 * (Heckbert, "Fundamentals of Texture Mapping and Image Warping", 1989, section 2.2.3).
 */
export function squareToQuad(p0: Point, p1: Point, p2: Point, p3: Point): Homography {
  const dx1 = p1[0] - p2[0];
  const dy1 = p1[1] - p2[1];
  const dx2 = p3[0] - p2[0];
  const dy2 = p3[1] - p2[1];
  const sx = p0[0] - p1[0] + p2[0] - p3[0];
  const sy = p0[1] - p1[1] + p2[1] - p3[1];
  const area = dx1 * dy2 - dx2 * dy1;
  const g = (sx * dy2 - dx2 * sy) / area;
  const h = (dx1 * sy - sx * dy1) / area;
  const fromUnitSquare: Homography = [
    p1[0] - p0[0] + g * p1[0],
    p3[0] - p0[0] + h * p3[0],
    p0[0],
    p1[1] - p0[1] + g * p1[1],
    p3[1] - p0[1] + h * p3[1],
    p0[1],
    g,
    h,
    1,
  ];
  return compose(fromUnitSquare, [0.5, 0, 0.5, 0, 0.5, 0.5, 0, 0, 1]);
}
