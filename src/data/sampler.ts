import { enlarge } from './enlarge.js';
import type { Extent } from './framing.js';
import { apply, compose, type Homography, translation } from './homography.js';
import { Kernels } from './kernels/index.js';
import { unchanged } from './lighting.js';
import type { View } from './view.js';

/** What `sample` in kernels.wat needs for the row it works on. */
const WORK_BYTES = 115200;

/**
 * Takes square pictures out of one base picture: enlarged if it is shown larger, sampled through a
 * view (bilinear), lit, and passed over by what its
 * view asks for. A view that only moves by whole pixels
 * copies them, so nothing is blurred.
 *
 * Positions are single precision, rounded to 1/2048 of a pixel: what is sampled lies within 1/1000 of a pixel of where it
 * should for sides up to 4096.
 */
export class Sampler {
  readonly #kernels = new Kernels();
  readonly #table = this.#kernels.take(256);
  readonly #work = this.#kernels.take(WORK_BYTES);
  readonly #base: number;
  #extent: Extent = { width: 0, height: 0 };

  constructor() {
    this.#base = this.#kernels.take(0);
  }

  /** Makes room for a base picture: the memory to write it to, interleaved RGB, [height, width, 3], good until the next call. */
  base(extent: Extent): Uint8Array {
    const count = extent.width * extent.height * 3;
    this.#extent = extent;
    this.#kernels.release(this.#base);
    // `sample` reads a row and 8 bytes too far; the checksum takes whole vectors.
    this.#kernels.take(count + extent.width * 3 + 16);
    this.#kernels.bytes.fill(0, this.#base + count, this.#base + count + 16);
    return this.#kernels.bytes.subarray(this.#base, this.#base + count);
  }

  /** A number that shows whether the base picture's bytes have changed, in [0, 2³²). */
  checksum(): number {
    const count = Math.ceil((this.#extent.width * this.#extent.height * 3) / 16) * 16;
    return this.#kernels.run.checksum(this.#base, count) >>> 0;
  }

  /**
   * @param out RGB planes, [3, size, size] from `outStart` on
   * @param size side of the square in pixels, at most 4096
   */
  render({ shown, map, padding, table, passes }: View, out: Uint8Array, outStart: number, size: number): void {
    const kernels = this.#kernels;
    const mark = kernels.take(0);
    const asIs = shown.width === this.#extent.width && shown.height === this.#extent.height;
    const base = asIs ? this.#base : enlarge(kernels, this.#base, this.#extent, shown);
    // Black beyond the edges is an edge of black pixels that goes on and on.
    const black = padding === 'zeros' && reachesBeyond(map, shown, size);
    const from = black ? blackFrame(kernels, base, shown) : { at: base, extent: shown };
    const m = black ? compose(translation(1, 1), map) : map;
    const mirror = padding === 'reflection' ? 1 : 0;
    // The kernels write whole vectors: up to 3 bytes beyond what is asked for.
    const area = size * size;
    const plane = Math.ceil((area + 3) / 16) * 16;
    const sampled = kernels.take(3 * plane);
    const lit = kernels.take(3 * area + 3);

    kernels.run.sample(from.at, from.extent.width, from.extent.height, ...m, mirror, this.#work, sampled, plane, size);
    if (table === unchanged) {
      for (let c = 0; c < 3; c++) {
        out.set(kernels.bytes.subarray(sampled + c * plane, sampled + c * plane + area), outStart + c * area);
      }
    } else {
      kernels.bytes.set(table, this.#table);
      for (let c = 0; c < 3; c++) kernels.run.translate(sampled + c * plane, lit + c * area, area, this.#table);
      out.set(kernels.bytes.subarray(lit, lit + 3 * area), outStart);
    }
    kernels.release(mark);
    if (passes.length === 0) return;
    const square = out.subarray(outStart, outStart + 3 * area);
    for (const pass of passes) pass(square, size);
  }
}

/** Whether a corner of the square lies outside the picture: then, and only then, some of it does. */
function reachesBeyond(map: Homography, { width, height }: Extent, size: number): boolean {
  const last = size - 1;
  return [0, last].some((y) =>
    [0, last].some((x) => {
      const [sx, sy] = apply(map, [x, y]);
      const ahead = map[6] * x + map[7] * y + map[8] > 0;
      return !(ahead && sx >= 0 && sx <= width - 1 && sy >= 0 && sy <= height - 1);
    }),
  );
}

/** A copy of a picture with one black pixel more on each side, and the room behind it that `sample` asks for. */
function blackFrame(kernels: Kernels, from: number, { width, height }: Extent): { at: number; extent: Extent } {
  const [row, wide] = [3 * width, 3 * (width + 2)];
  const at = kernels.take((height + 3) * wide + 16);
  const { bytes } = kernels;
  bytes.fill(0, at, at + (height + 2) * wide);
  for (let y = 0; y < height; y++) bytes.copyWithin(at + (y + 1) * wide + 3, from + y * row, from + (y + 1) * row);
  return { at, extent: { width: width + 2, height: height + 2 } };
}

let shared: Sampler | undefined;

/** This thread's sampler. Its users are done with it before they wait for anything. */
export function threadSampler(): Sampler {
  shared ??= new Sampler();
  return shared;
}
