/** How heat is shown over a picture. */
export interface HeatScale {
  /** From cold to hot, evenly apart: told apart by those who do not see colours, too. */
  readonly colours: readonly (readonly [number, number, number])[];
  /** How much of the picture the hottest places hide. */
  readonly cover: number;
}

/** Five places of matplotlib's inferno: that of plots. */
const INFERNO: HeatScale = {
  colours: [
    [0, 0, 4],
    [87, 16, 110],
    [188, 55, 84],
    [249, 142, 9],
    [252, 255, 164],
  ],
  cover: 0.7,
};

/** Lighter where it is cold: that of reports, whose pictures are small. */
export const WARM: HeatScale = {
  colours: [
    [48, 18, 92],
    [158, 42, 99],
    [237, 105, 37],
    [252, 230, 110],
  ],
  cover: 0.65,
};

/**
 * A heat map laid over its picture: cold places show the picture, hot ones glow.
 *
 * @param picture RGB planes, uint8, [3, size, size]
 * @param values of the map, 0 to 1, [size, size]
 * @returns planes as those of the picture
 */
export function heated(picture: Uint8Array, values: Float32Array, { colours, cover }: HeatScale): Uint8Array {
  const cells = values.length;
  return picture.map((under, i) => {
    const heat = Math.min(1, Math.max(0, values[i % cells] ?? 0));
    const channel = Math.floor(i / cells);
    const place = heat * (colours.length - 1);
    const from = Math.min(colours.length - 2, Math.floor(place));
    const [low = 0, high = 0] = [colours[from]?.[channel], colours[from + 1]?.[channel]];
    return Math.round((1 - cover * heat) * under + cover * heat * (low + (high - low) * (place - from)));
  });
}

/** The same in the colours of plots, as pixels, uint8, [size, size, 3]. */
export function overlaid(picture: Uint8Array, values: Float32Array): Uint8Array {
  return interleaved(heated(picture, values, INFERNO));
}

/** A picture's planes [3, size, size] as pixels [size, size, 3]. */
export function interleaved(picture: Uint8Array): Uint8Array {
  const cells = picture.length / 3;
  return Uint8Array.from(picture, (_, k) => picture[(k % 3) * cells + Math.floor(k / 3)] ?? 0);
}
