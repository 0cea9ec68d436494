import { pictureSize } from './decode.js';

const SAMPLE = 64;
const STEP = 32;
const LARGEST = 224;
/** Below this, pictures gain from being enlarged: pretrained networks know little about tiny ones. */
const TINY = 64;
const FOR_TINY = 128;

/**
 * A sensible side, in pixels, for training on these pictures: the median short side of an even sample of them, rounded up
 * to a multiple of 32, at most 224. For tiny pictures (below 64) it is 128, enlarged: with weights from
 * ImageNet, CIFAR-10's 32 px pictures are learnt far better at 128 px than at 32.
 */
export async function probeSize(files: readonly string[]): Promise<number> {
  const step = Math.max(1, files.length / SAMPLE);
  const sides: number[] = [];
  for (let i = 0; i < files.length; i += step) {
    const file = files[Math.floor(i)];
    // Damaged files are reported when they are decoded.
    const found = file === undefined ? undefined : await pictureSize(file).catch(() => undefined);
    if (found !== undefined) sides.push(Math.min(found.width, found.height));
  }
  return sizeFor(sides);
}

/** The size for pictures with these short sides, see `probeSize`. */
export function sizeFor(shortSides: readonly number[]): number {
  const median = [...shortSides].sort((a, b) => a - b)[shortSides.length >> 1];
  if (median === undefined || median < TINY) return FOR_TINY;
  return Math.min(LARGEST, Math.ceil(median / STEP) * STEP);
}
