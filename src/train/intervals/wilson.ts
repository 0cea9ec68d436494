/**
 * Wilson's interval of a share (Wilson 1927): what n pictures tell about the share of many more.
 *
 * @param z how many standard errors; default 1.96, for 95 % confidence
 */
export function wilson(share: number, n: number, z = 1.959964): readonly [number, number] {
  const centre = (share + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}
