/**
 * A map [height, width] enlarged to [size, size] bilinearly; pixels' centres are at halves, and what lies outside of the outermost
 * centres is as they are.
 */
export function resized(map: Float32Array, height: number, width: number, size: number): Float32Array {
  const rows = along(height, size);
  const columns = along(width, size);
  const out = new Float32Array(size * size);
  rows.forEach((row, y) => {
    columns.forEach((column, x) => {
      const value = (i: number, j: number) => map[i * width + j] ?? 0;
      const above = value(row.low, column.low) * (1 - column.share) + value(row.low, column.high) * column.share;
      const below = value(row.high, column.low) * (1 - column.share) + value(row.high, column.high) * column.share;
      out[y * size + x] = above * (1 - row.share) + below * row.share;
    });
  });
  return out;
}

/** For each pixel of one side, the two places that it lies between, and how far towards the second. */
function along(from: number, to: number): { low: number; high: number; share: number }[] {
  return Array.from({ length: to }, (_, i) => {
    const at = Math.min(from - 1, Math.max(0, ((i + 0.5) * from) / to - 0.5));
    const low = Math.floor(at);
    return { low, high: Math.min(from - 1, low + 1), share: at - low };
  });
}
