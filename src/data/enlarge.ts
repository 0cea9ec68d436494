import type { Extent } from './framing.js';
import type { Kernels } from './kernels/index.js';

/** Along one axis: the old positions left - 1 … left + 2 that make each new one, and their weights, which add up to 1. */
interface Cubic {
  readonly left: Int32Array;
  /** [toLength, 4] */
  readonly weights: Float32Array;
}

/**
 * Enlarges a picture with Catmull–Rom's cubic (Keys, 1981, a = -0.5), pixel areas aligned, edges repeated.
 *
 * @param from address of interleaved RGB bytes, [height, width, 3], with 8 readable bytes behind them
 * @returns address of interleaved RGB bytes, [to.height, to.width, 3], with a row and 16 bytes of room behind them
 */
export function enlarge(kernels: Kernels, from: number, { width, height }: Extent, to: Extent): number {
  const { spread, widen, blend } = kernels.run;
  const stride = to.width * 3;
  const out = kernels.take((to.height + 1) * stride + 16);
  const old = kernels.take(16 * width);
  const taps = kernels.take(32 * to.width);
  // Four rows of f32 at a time are wide already; the kernels read and write a little beyond each.
  const pitch = Math.ceil(stride / 16) * 64 + 16;
  const ring = kernels.take(4 * pitch);
  writeTaps(kernels.bytes, taps, width, to.width);

  const { left, weights } = cubic(height, to.height);
  const row = (y: number): number => ring + (within(y, height) & 3) * pitch;
  let widened = 0;
  for (let y = 0; y < to.height; y++) {
    const at = left[y] ?? 0;
    for (; widened <= Math.min(at + 2, height - 1); widened++) {
      spread(from + widened * width * 3, old, width);
      widen(old, taps, row(widened), to.width);
    }
    blend(
      row(at - 1),
      row(at),
      row(at + 1),
      row(at + 2),
      weights[4 * y] ?? 0,
      weights[4 * y + 1] ?? 0,
      weights[4 * y + 2] ?? 0,
      weights[4 * y + 3] ?? 0,
      out + y * stride,
      stride,
    );
  }
  kernels.release(old);
  return out;
}

/** For each new pixel of a row: the distances in bytes of four old ones (i32), and their weights (f32). */
function writeTaps(bytes: Uint8Array<ArrayBuffer>, at: number, length: number, toLength: number): void {
  const { left, weights } = cubic(length, toLength);
  const ints = new Int32Array(bytes.buffer, at, 8 * toLength);
  const floats = new Float32Array(bytes.buffer, at, 8 * toLength);
  for (let i = 0; i < toLength; i++) {
    for (let k = 0; k < 4; k++) {
      ints[8 * i + k] = 16 * within((left[i] ?? 0) + k - 1, length);
      floats[8 * i + 4 + k] = weights[4 * i + k] ?? 0;
    }
  }
}

/** The last ones made: pictures of a set are often all of one size. */
const made = new Map<string, Cubic>();
const MOST_MADE = 64;

function cubic(length: number, toLength: number): Cubic {
  const key = `${length} ${toLength}`;
  const known = made.get(key);
  if (known !== undefined) return known;
  const left = new Int32Array(toLength);
  const weights = new Float32Array(4 * toLength);
  for (let i = 0; i < toLength; i++) {
    const position = ((i + 0.5) * length) / toLength - 0.5;
    const t = position - Math.floor(position);
    left[i] = Math.floor(position);
    weights[4 * i] = ((-0.5 * t + 1) * t - 0.5) * t;
    weights[4 * i + 1] = (1.5 * t - 2.5) * t * t + 1;
    weights[4 * i + 2] = ((-1.5 * t + 2) * t + 0.5) * t;
    weights[4 * i + 3] = (0.5 * t - 0.5) * t * t;
  }
  if (made.size >= MOST_MADE) made.clear();
  made.set(key, { left, weights });
  return { left, weights };
}

function within(position: number, length: number): number {
  return Math.min(Math.max(position, 0), length - 1);
}
