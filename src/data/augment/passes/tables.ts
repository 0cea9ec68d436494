import type { Pass } from './pass.js';

/** Changes that replace each byte by another, in all channels or each channel, as Pillow's ImageOps and ImageEnhance round them. */

/** The table that makes of each byte what a function gives, cut to whole numbers as a cast to uint8 does, and held to bytes. */
export function tableOf(value: (byte: number) => number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => Math.min(Math.max(Math.trunc(value(byte)), 0), 255));
}

/** The table that does `b` first and `a` then. */
export function compose(a: Uint8Array, b: Uint8Array): Uint8Array {
  return b.map((byte) => a[byte] ?? 0);
}

export function applyTable(pixels: Uint8Array, table: Uint8Array): void {
  for (let i = 0; i < pixels.length; i++) pixels[i] = table[pixels[i] ?? 0] ?? 0;
}

/** From one colour towards another, and beyond it where `factor` is above 1. In single precision, as Pillow blends. */
export function blend(from: number, to: number, factor: number): number {
  return Math.fround(from + Math.fround(Math.fround(factor) * (to - from)));
}

/** Darker below 1, brighter above. */
export function brightnessTable(factor: number): Uint8Array {
  return tableOf((byte) => blend(0, byte, factor));
}

export const invertTable = tableOf((byte) => 255 - byte);

/** Keeps the highest bits of each byte. */
export function posterizeTable(bits: number): Uint8Array {
  return tableOf((byte) => byte & ~(2 ** (8 - bits) - 1));
}

/** Inverts all from a threshold on. */
export function solarizeTable(threshold: number): Uint8Array {
  return tableOf((byte) => (byte < threshold ? byte : 255 - byte));
}

/** Away from the mean grey of the picture, or towards it. */
export function adjustContrast(factor: number): Pass {
  return (pixels, size) => {
    const area = size * size;
    let sum = 0;
    for (let i = 0; i < area; i++) sum += luma(pixels[i] ?? 0, pixels[area + i] ?? 0, pixels[2 * area + i] ?? 0);
    const mean = Math.floor(sum / area + 0.5);
    applyTable(
      pixels,
      tableOf((byte) => blend(mean, byte, factor)),
    );
  };
}

/** Stretches each channel from its darkest and brightest byte to 0 and 255. */
export const autocontrast: Pass = perChannel((counts) => {
  const low = counts.findIndex((count) => count > 0);
  const high = counts.findLastIndex((count) => count > 0);
  if (high <= low) return undefined;
  const scale = 255 / (high - low);
  return tableOf((byte) => byte * scale - low * scale);
});

/** Makes all brightnesses of each channel about equally frequent. */
export const equalize: Pass = perChannel((counts) => {
  const present = counts.filter((count) => count > 0);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const step = Math.floor((total - (present.at(-1) ?? 0)) / 255);
  if (present.length <= 1 || step === 0) return undefined;
  let before = Math.floor(step / 2);
  return tableOf((byte) => {
    const value = Math.floor(before / step);
    before += counts[byte] ?? 0;
    return value;
  });
});

/** A table for each channel, made of how often each byte is there; none leaves the channel as it is. */
function perChannel(tableFor: (counts: Uint32Array) => Uint8Array | undefined): Pass {
  return (pixels, size) => {
    const area = size * size;
    for (let c = 0; c < 3; c++) {
      const plane = pixels.subarray(c * area, (c + 1) * area);
      const counts = countsOf(plane);
      const table = tableFor(counts);
      if (table !== undefined) applyTable(plane, table);
    }
  };
}

/** How often each byte is there, [256]. */
function countsOf(plane: Uint8Array): Uint32Array {
  // Neighbours are often equal: counting them in two tables, neither waits for the other.
  const [even, odd] = [new Uint32Array(256), new Uint32Array(256)];
  let i = 0;
  for (; i + 1 < plane.length; i += 2) {
    const a = plane[i] ?? 0;
    const b = plane[i + 1] ?? 0;
    even[a] = (even[a] ?? 0) + 1;
    odd[b] = (odd[b] ?? 0) + 1;
  }
  if (i < plane.length) even[plane[i] ?? 0] = (even[plane[i] ?? 0] ?? 0) + 1;
  return even.map((count, byte) => count + (odd[byte] ?? 0));
}

/** The grey of a colour (ITU-R 601), in whole numbers as Pillow has it. */
export function luma(r: number, g: number, b: number): number {
  return (r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16;
}
