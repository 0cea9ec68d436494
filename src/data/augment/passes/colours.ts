import type { Pass } from './pass.js';
import { luma } from './tables.js';

/** Away from each pixel's own grey, or towards it; 0 leaves grey only. */
export function adjustSaturation(factor: number): Pass {
  const away = awayTable(factor);
  return (pixels, size) => {
    const area = size * size;
    for (let i = 0; i < area; i++) {
      const r = pixels[i] ?? 0;
      const g = pixels[area + i] ?? 0;
      const b = pixels[2 * area + i] ?? 0;
      const grey = luma(r, g, b);
      pixels[i] = blended(grey, r, away);
      pixels[area + i] = blended(grey, g, away);
      pixels[2 * area + i] = blended(grey, b, away);
    }
  };
}

/**
 * How far a blend goes for each difference of two bytes, -255 to 255, [511]: rounded down, which is what single precision cut to a
 * byte comes to, as Pillow blends.
 */
export function awayTable(factor: number): Int16Array {
  return Int16Array.from({ length: 511 }, (_, i) => Math.floor(Math.fround(Math.fround(factor) * (i - 255))));
}

/** From one byte towards another, held to bytes. */
export function blended(from: number, to: number, away: Int16Array): number {
  return heldByte(from + (away[to - from + 255] ?? 0));
}

/** A whole number held to 0 … 255. */
export function heldByte(value: number): number {
  if ((value & ~255) === 0) return value;
  return value < 0 ? 0 : 255;
}

/** Turns the hue of every pixel (HSV) by a part of the circle; brightest and darkest channel keep their values. */
export function adjustHue(turn: number): Pass {
  // 6 is the whole circle; two more of them keep it positive.
  const turned = 6 * turn + 12;
  return (pixels, size) => {
    const area = size * size;
    for (let i = 0; i < area; i++) {
      const r = pixels[i] ?? 0;
      const g = pixels[area + i] ?? 0;
      const b = pixels[2 * area + i] ?? 0;
      const high = Math.max(r, g, b);
      const low = Math.min(r, g, b);
      const range = high - low;
      if (range === 0) continue;
      const place = high === r ? (g - b) / range : high === g ? 2 + (b - r) / range : 4 + (r - g) / range;
      const hue = place + turned;
      const sector = Math.floor(hue);
      // The third channel rises to the brightest in every other sixth, and falls to the darkest in those between.
      const part = (hue - sector) * range + 0.5;
      const between = sector & 1 ? high + 1 - part : low + part;
      const which = sector % 6;
      pixels[i] = which === 0 || which === 5 ? high : which === 1 || which === 4 ? between : low;
      pixels[area + i] = which === 1 || which === 2 ? high : which === 0 || which === 3 ? between : low;
      pixels[2 * area + i] = which === 3 || which === 4 ? high : which === 2 || which === 5 ? between : low;
    }
  };
}
