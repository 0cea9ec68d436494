import type { ImageBatch, ImageStats } from './batch.js';

/** Mean and deviation of each channel over batches of pictures. */
export async function statsOf(batches: AsyncIterable<ImageBatch>): Promise<ImageStats> {
  // Counts of the 256 bytes are exact, however many pictures there are.
  const counts = [new Float64Array(256), new Float64Array(256), new Float64Array(256)] as const;
  for await (const { images, n } of batches) {
    const plane = images.length / n / 3;
    for (let i = 0; i < 3 * n; i++) {
      const channel = counts[i % 3] ?? counts[0];
      for (const byte of images.subarray(i * plane, (i + 1) * plane)) channel[byte] = (channel[byte] ?? 0) + 1;
    }
  }
  const [r, g, b] = [moments(counts[0]), moments(counts[1]), moments(counts[2])];
  return { mean: [r.mean, g.mean, b.mean], std: [r.std, g.std, b.std] };
}

function moments(counts: Float64Array): { mean: number; std: number } {
  let n = 0;
  let sum = 0;
  let squares = 0;
  counts.forEach((count, byte) => {
    n += count;
    sum += count * byte;
    squares += count * byte * byte;
  });
  const mean = sum / n;
  return { mean: mean / 255, std: Math.sqrt(Math.max(0, squares / n - mean * mean)) / 255 };
}
