import { betaNumber } from '../../core/distributions.js';
import type { Rng } from '../../core/rng.js';
import type { ImageBatch } from '../batch.js';
import { checkInteger, checkNumber } from '../check.js';

export interface MixOptions {
  /** Of the beta distribution that shares are drawn from; 1 is uniform, small ones leave pictures nearly as they are. */
  readonly alpha: number;
  /** Number of classes, for batches of single labels. */
  readonly classes: number;
  /** Share of each target spread evenly over all classes, for batches of single labels. Default 0. */
  readonly labelSmoothing?: number;
}

/** A batch whose targets are rows, [n, classes]. */
export type MixedBatch = ImageBatch & { readonly targets: Float32Array };

/**
 * MixUp (Zhang et al. 2017): adds to each picture one of the same batch, and to its target the other's, by a share of at most one half, as fastai
 * has it. The batch itself stays as it was.
 */
export function mixUp(batch: ImageBatch, options: MixOptions, rng: Rng): MixedBatch {
  const own = Float64Array.from({ length: batch.n }, () => {
    const share = betaNumber(rng, checkAlpha(options));
    return Math.max(share, 1 - share);
  });
  const partners = partnersOf(batch.n, rng);
  const { images } = batch;
  const bytes = images.length / batch.n;
  const mixed = new Uint8Array(images.length);
  for (let k = 0; k < batch.n; k++) {
    const [at, other] = [k * bytes, (partners[k] ?? k) * bytes];
    // In whole numbers of 1/65536.
    const weight = Math.round(65536 * (own[k] ?? 1));
    for (let i = 0; i < bytes; i++) {
      mixed[at + i] = ((images[at + i] ?? 0) * weight + (images[other + i] ?? 0) * (65536 - weight) + 32768) >> 16;
    }
  }
  return { ...batch, images: mixed, targets: mixedTargets(batch, options, own, partners) };
}

/**
 * CutMix (Yun et al. 2019): puts a box of another picture of the batch into each; targets are mixed by areas. The batch itself stays as it
 * was.
 */
export function cutMix(batch: ImageBatch, options: MixOptions, rng: Rng): MixedBatch {
  const { images, n } = batch;
  const area = images.length / (3 * n);
  const size = Math.sqrt(area);
  const boxes = Array.from({ length: n }, () => boxOf(1 - betaNumber(rng, checkAlpha(options)), size, rng));
  const partners = partnersOf(n, rng);
  const mixed = images.slice();
  const own = new Float64Array(n);
  boxes.forEach(({ left, top, right, bottom }, k) => {
    const partner = partners[k] ?? k;
    own[k] = 1 - ((right - left) * (bottom - top)) / area;
    for (let c = 0; c < 3; c++) {
      for (let y = top; y < bottom; y++) {
        const from = (3 * partner + c) * area + y * size;
        mixed.set(images.subarray(from + left, from + right), (3 * k + c) * area + y * size + left);
      }
    }
  });
  return { ...batch, images: mixed, targets: mixedTargets(batch, options, own, partners) };
}

/** The targets of a batch as rows, [n, classes]: its own, or those of its labels; a picture without a label has none. */
export function targetRows(batch: ImageBatch, classes: number, labelSmoothing = 0): Float32Array {
  if (batch.targets !== undefined) return batch.targets;
  checkInteger('classes', classes, 1);
  const spread = checkNumber('labelSmoothing', labelSmoothing, 0, 1) / classes;
  const rows = new Float32Array(batch.n * classes);
  batch.labels.forEach((label, k) => {
    if (label < 0) return;
    rows.fill(spread, k * classes, (k + 1) * classes);
    rows[k * classes + label] = 1 - labelSmoothing + spread;
  });
  return rows;
}

/** Half-open in both directions, cut off at the edges of the square around whose pixels it may lie. */
function boxOf(share: number, size: number, rng: Rng) {
  const side = size * Math.sqrt(share);
  const [x, y] = [rng.int(size), rng.int(size)];
  const within = (position: number): number => Math.min(Math.max(Math.round(position), 0), size);
  return {
    left: within(x - side / 2),
    top: within(y - side / 2),
    right: within(x + side / 2),
    bottom: within(y + side / 2),
  };
}

/** Each picture is the partner of one. */
function partnersOf(n: number, rng: Rng): number[] {
  return rng.shuffle(Array.from({ length: n }, (_, k) => k));
}

function mixedTargets(
  batch: ImageBatch,
  { classes, labelSmoothing }: MixOptions,
  own: Float64Array,
  partners: readonly number[],
): Float32Array {
  const rows = targetRows(batch, classes, labelSmoothing);
  const width = rows.length / batch.n;
  return rows.map((value, i) => {
    const k = Math.floor(i / width);
    const other = rows[(partners[k] ?? k) * width + (i % width)] ?? 0;
    const share = own[k] ?? 1;
    return share * value + (1 - share) * other;
  });
}

function checkAlpha({ alpha }: MixOptions): number {
  return checkNumber('alpha', alpha, 1e-3, 1e3);
}
