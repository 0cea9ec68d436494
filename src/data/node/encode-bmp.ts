const HEADERS = 54;

/** A bitmap of 24 bits a pixel: the quickest way to make a file of pixels that programs can show. */
export function encodeBmp(
  width: number,
  height: number,
  colourOf: (x: number, y: number, channel: number) => number,
): Uint8Array {
  const stride = Math.ceil((3 * width) / 4) * 4;
  const bytes = Buffer.alloc(HEADERS + stride * height);
  bytes.write('BM', 'latin1');
  bytes.writeUInt32LE(bytes.length, 2);
  bytes.writeUInt32LE(HEADERS, 10);
  bytes.writeUInt32LE(HEADERS - 14, 14);
  bytes.writeInt32LE(width, 18);
  bytes.writeInt32LE(height, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(24, 28);
  for (let y = 0; y < height; y++) {
    // From the bottom, and blue first.
    const row = HEADERS + stride * (height - 1 - y);
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < 3; c++) bytes[row + 3 * x + c] = colourOf(x, y, 2 - c);
    }
  }
  return bytes;
}
