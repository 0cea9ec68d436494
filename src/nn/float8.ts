/** The eight-bit floats of deep learning (Micikevicius et al. 2022). */
export type Float8 = 'float8_e4m3fn' | 'float8_e5m2';

const TABLES: Readonly<Record<Float8, Float32Array>> = {
  // Four bits of exponent and three of fraction, no infinities: all ones are the only NaN.
  float8_e4m3fn: tableOf(4, 3, (bits) => ((bits & 0x7f) === 0x7f ? Number.NaN : undefined)),
  // Half precision cut to its upper byte.
  float8_e5m2: tableOf(5, 2, (bits) => {
    if ((bits & 0x7c) !== 0x7c) return undefined;
    if ((bits & 3) !== 0) return Number.NaN;
    return bits & 0x80 ? -Infinity : Infinity;
  }),
};

/** The float32 numbers that eight-bit floats stand for; exact. */
export function widenFloat8(bits: Uint8Array, kind: Float8): Float32Array {
  const table = TABLES[kind];
  return Float32Array.from(bits, (b) => table[b] ?? 0);
}

function tableOf(
  exponentBits: number,
  fractionBits: number,
  special: (bits: number) => number | undefined,
): Float32Array {
  const bias = 2 ** (exponentBits - 1) - 1;
  return Float32Array.from({ length: 256 }, (_, bits) => {
    const exponent = (bits & 0x7f) >> fractionBits;
    const fraction = (bits & (2 ** fractionBits - 1)) / 2 ** fractionBits;
    const magnitude = exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias);
    return special(bits) ?? (bits & 0x80 ? -magnitude : magnitude);
  });
}
