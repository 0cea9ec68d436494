const EPSILON = 1e-7;

/** log(p / (1 - p)), with p kept away from 0 and 1 as fastai does. */
export function logit(p: number): number {
  const q = Math.min(Math.max(p, EPSILON), 1 - EPSILON);
  return Math.log(q / (1 - q));
}

const LOGITS = Float64Array.from({ length: 256 }, (_, value) => logit(value / 255));

/**
 * The brightness and contrast of one picture as a table from old to new byte, [256].
 *
 * New = sigmoid((logit(old) + shift) · scale): with shift = logit(change), middle grey becomes `change`.
 */
export function lightingTable(shift: number, scale: number): Uint8Array {
  const table = new Uint8Array(256);
  for (let value = 0; value < 256; value++) {
    const light = ((LOGITS[value] ?? 0) + shift) * scale;
    table[value] = Math.round(255 / (1 + Math.exp(-light)));
  }
  return table;
}

/** The table that changes nothing. */
export const unchanged: Uint8Array = Uint8Array.from({ length: 256 }, (_, value) => value);
