/** Brightness, red against blue, green against both: colours of natural pictures vary along these independently, nearly. */
const COLOURS = [
  [1, 1, 1],
  [1, 0, -1],
  [1, -2, 1],
] as const;
/** Haar's basis of 2×2 pixels, row by row: all alike, left against right, upper against lower, one diagonal against the other. */
const PATTERNS = [
  [1, 1, 1, 1],
  [1, -1, 1, -1],
  [1, 1, -1, -1],
  [1, -1, -1, 1],
] as const;
/**
 * The directions, colour by pattern, with the variance of CIFAR-10's training pictures along each, once they are normalised by ImageNet's mean and
 * deviation. The other four vary by less than 0.003, and by less still where JPEG has halved the colours' planes.
 */
const DIRECTIONS = [
  [0, 0, 12.5],
  [0, 1, 0.42],
  [0, 2, 0.5],
  [0, 3, 0.067],
  [1, 0, 1.0],
  [1, 1, 0.0046],
  [1, 2, 0.0072],
  [2, 0, 0.22],
] as const;
/** Added to variances, so that what hardly varies is not blown up. */
const EPSILON = 0.005;

/**
 * Weights [16, 3, 2, 2] of a convolution that whitens patches of natural pictures: its first eight outputs vary by about 1, and nearly
 * independently; the others are their negatives. Products of opponent colours and Haar's patterns are the principal components of such patches, but for
 * correlations of 0.15 at most.
 */
export function whitening(): Float32Array {
  const rows = DIRECTIONS.map(([c, p, variance]) => {
    const colour = COLOURS[c];
    // Each pattern's norm is 2.
    const scale = 1 / (2 * Math.hypot(...colour) * Math.sqrt(variance + EPSILON));
    return colour.flatMap((a) => PATTERNS[p].map((b) => a * b * scale));
  });
  return Float32Array.from([...rows, ...rows.map((row) => row.map((x) => -x))].flat());
}
