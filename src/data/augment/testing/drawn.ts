import { Rng } from '../../../core/rng.js';
import { DEFAULT_FRAMING, type Framing } from '../../framing.js';
import { Sampler } from '../../sampler.js';
import { drawView } from '../../view.js';
import type { Transform } from '../transform.js';

/** Pixels that tests can look at one by one. */
export interface Pixels {
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
  at(x: number, y: number, channel: number): number;
}

/** A picture, interleaved RGB; by default noise. */
export function pictureOf(
  width: number,
  height: number,
  value: (x: number, y: number, channel: number) => number = noise(width),
): Pixels {
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const at = Math.floor(i / 3);
    return value(at % width, Math.floor(at / width), i % 3);
  });
  return { pixels, width, height, at: (x, y, c) => pixels[(y * width + x) * 3 + c] ?? Number.NaN };
}

const sampler = new Sampler();

/** What transforms make of a picture: RGB planes, [3, size, size]. */
export function drawn(
  picture: Pixels,
  transforms: readonly Transform[],
  size: number,
  framing: Partial<Framing> = {},
  rng = new Rng(1),
): Pixels {
  const pixels = new Uint8Array(3 * size * size);
  sampler.base(picture).set(picture.pixels);
  sampler.render(drawView(rng, transforms, picture, size, { ...DEFAULT_FRAMING, ...framing }), pixels, 0, size);
  return { pixels, width: size, height: size, at: (x, y, c) => pixels[(c * size + y) * size + x] ?? Number.NaN };
}

function noise(seed: number): () => number {
  const rng = new Rng(7, seed);
  return () => rng.int(256);
}
