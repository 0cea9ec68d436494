import { pictureSize } from './decode.js';

const SAMPLE = 64;
const STEP = 32;
const LARGEST = 224;
/** Below this, pictures gain from being enlarged: pretrained networks know little about tiny ones. */
const TINY = 64;
const FOR_TINY = 128;

/** What a side that is found by itself must be. */
export interface SizeRule {
  /** Whether tiny pictures (below 64 px) are enlarged to 128 px, as networks that know ImageNet need it. Default true. */
  readonly enlarge?: boolean | undefined;
  /** The least side, in pixels. Default 1. */
  readonly least?: number | undefined;
  /** What the side is a multiple of, in pixels. Default 32, and 1 for tiny pictures that are not enlarged. */
  readonly step?: number | undefined;
}

/**
 * A sensible side, in pixels, for training on these pictures: the median short side of an even sample of them, rounded up
 * to a multiple of 32, at most 224. For tiny pictures (below 64) it is 128, enlarged: with weights from
 * ImageNet, CIFAR-10's 32 px pictures are learnt far better at 128 px than at 32. `rule` can leave that out.
 */
export async function probeSize(files: readonly string[], rule: SizeRule = {}): Promise<number> {
  const step = Math.max(1, files.length / SAMPLE);
  const sides: number[] = [];
  for (let i = 0; i < files.length; i += step) {
    const file = files[Math.floor(i)];
    // Damaged files are reported when they are decoded.
    const found = file === undefined ? undefined : await pictureSize(file).catch(() => undefined);
    if (found !== undefined) sides.push(Math.min(found.width, found.height));
  }
  return sizeFor(sides, rule);
}

/** The size for pictures with these short sides, see `probeSize`. */
export function sizeFor(shortSides: readonly number[], rule: SizeRule = {}): number {
  const { enlarge = true, least = 1 } = rule;
  const median = [...shortSides].sort((a, b) => a - b)[shortSides.length >> 1];
  const tiny = median === undefined || median < TINY;
  const step = rule.step ?? (tiny && !enlarge ? 1 : STEP);
  const wanted = median === undefined || (tiny && enlarge) ? FOR_TINY : median;
  return Math.ceil(Math.max(least, Math.min(LARGEST, wanted)) / step) * step;
}
