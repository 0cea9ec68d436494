import sharp from 'sharp';

/** Longest side of the small pictures on pages, in pixels. */
const LONGEST = 160;

/** Planes of red, green and blue, [3, size, size], as a small picture: a data URI. */
export async function planesUri(planes: Uint8Array, size: number): Promise<string> {
  const cells = size * size;
  const pixels = Uint8Array.from({ length: 3 * cells }, (_, k) => planes[(k % 3) * cells + Math.floor(k / 3)] ?? 0);
  const picture = sharp(pixels, { raw: { width: size, height: size, channels: 3 } });
  const webp = await (size > LONGEST ? picture.resize(LONGEST, LONGEST) : picture).webp({ quality: 82 }).toBuffer();
  return `data:image/webp;base64,${webp.toString('base64')}`;
}
