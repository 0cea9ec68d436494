/** From where little speaks for a class to where most does: told apart in grey, too. */
const COLOURS = [
  [48, 18, 92],
  [158, 42, 99],
  [237, 105, 37],
  [252, 230, 110],
] as const;
/** How much of the picture a full heat hides. */
const STRONGEST = 0.65;

/**
 * A picture with a heat map over it.
 *
 * @param picture planes of red, green and blue, uint8, [3, size, size]
 * @param values the heat at each place from 0 to 1, [size, size]
 * @returns planes as those of the picture
 */
export function heated(picture: Uint8Array, values: Float32Array): Uint8Array {
  const cells = values.length;
  return picture.map((under, i) => {
    const heat = Math.max(0, Math.min(1, values[i % cells] ?? 0));
    const share = STRONGEST * heat;
    return Math.round((1 - share) * under + share * colour(heat, Math.floor(i / cells)));
  });
}

function colour(heat: number, channel: number): number {
  const place = heat * (COLOURS.length - 1);
  const from = Math.min(COLOURS.length - 2, Math.floor(place));
  const [low = 0, high = 0] = [COLOURS[from]?.[channel], COLOURS[from + 1]?.[channel]];
  return low + (high - low) * (place - from);
}
