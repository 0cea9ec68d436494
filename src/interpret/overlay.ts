/** Colours of heat from dark to light, told apart by those who do not see colours, too: five places of matplotlib's inferno. */
const HEAT = [
  [0, 0, 4],
  [87, 16, 110],
  [188, 55, 84],
  [249, 142, 9],
  [252, 255, 164],
] as const;
/** How much of the picture the hottest places hide. */
const COVER = 0.7;

/**
 * A heat map laid over its picture: cold places show the picture, hot ones glow.
 *
 * @param picture RGB planes, uint8, [3, size, size]
 * @param values of the map, 0 to 1, [size, size]
 * @returns pixels, uint8, [size, size, 3]
 */
export function overlaid(picture: Uint8Array, values: Float32Array): Uint8Array {
  const cells = values.length;
  const pixels = new Uint8Array(3 * cells);
  values.forEach((heat, at) => {
    const place = Math.min(1, Math.max(0, heat)) * (HEAT.length - 1);
    const low = HEAT[Math.min(HEAT.length - 2, Math.floor(place))] ?? HEAT[0];
    const high = HEAT[Math.min(HEAT.length - 1, Math.floor(place) + 1)] ?? HEAT[0];
    const share = place - Math.min(HEAT.length - 2, Math.floor(place));
    const cover = COVER * Math.min(1, Math.max(0, heat));
    for (let c = 0; c < 3; c++) {
      const glow = (low[c] ?? 0) * (1 - share) + (high[c] ?? 0) * share;
      pixels[3 * at + c] = Math.round((1 - cover) * (picture[c * cells + at] ?? 0) + cover * glow);
    }
  });
  return pixels;
}

/** A picture's planes [3, size, size] as pixels [size, size, 3]. */
export function interleaved(picture: Uint8Array): Uint8Array {
  const cells = picture.length / 3;
  return Uint8Array.from(picture, (_, k) => picture[(k % 3) * cells + Math.floor(k / 3)] ?? 0);
}
