/** Tables for four bytes at a time ("slicing by four"): byte by byte, the check would take longer than reading the file. */
const TABLES = tables();

function tables(): readonly [Uint32Array, Uint32Array, Uint32Array, Uint32Array] {
  const made = [0, 1, 2, 3].map(() => new Uint32Array(256));
  const [t0 = new Uint32Array(), t1 = t0, t2 = t0, t3 = t0] = made;
  for (let i = 0; i < 256; i++) {
    let c = i;
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
    t0[i] = c;
  }
  for (const [table, before] of [
    [t1, t0],
    [t2, t1],
    [t3, t2],
  ] as const) {
    for (let i = 0; i < 256; i++) {
      const c = before[i] ?? 0;
      table[i] = (c >>> 8) ^ (t0[c & 255] ?? 0);
    }
  }
  return [t0, t1, t2, t3];
}

/** The checksum of zip files (CRC-32, polynomial 0x04c11db7 reflected). */
export function crc32(bytes: Uint8Array): number {
  const [t0, t1, t2, t3] = TABLES;
  let c = 0xffffffff;
  const whole = bytes.length - (bytes.length % 4);
  let i = 0;
  for (; i < whole; i += 4) {
    c ^= (bytes[i] ?? 0) | ((bytes[i + 1] ?? 0) << 8) | ((bytes[i + 2] ?? 0) << 16) | ((bytes[i + 3] ?? 0) << 24);
    c = (t3[c & 255] ?? 0) ^ (t2[(c >>> 8) & 255] ?? 0) ^ (t1[(c >>> 16) & 255] ?? 0) ^ (t0[c >>> 24] ?? 0);
  }
  for (; i < bytes.length; i++) c = (c >>> 8) ^ (t0[(c ^ (bytes[i] ?? 0)) & 255] ?? 0);
  return (c ^ 0xffffffff) >>> 0;
}
