import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { Rng } from '../../../core/rng.js';

/** A noisy JPEG; the seed makes each one different. */
export async function jpeg(seed: number, width = 24, height = 20): Promise<Buffer> {
  const rng = new Rng(seed);
  const pixels = Buffer.from(Uint8Array.from({ length: width * height * 3 }, () => rng.int(256)));
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 95 })
    .toBuffer();
}

/** Makes a folder with the named files; a number is a picture with that seed. */
export async function writeFiles(
  path: string,
  files: Readonly<Record<string, number | string | Buffer>>,
): Promise<string> {
  await mkdir(path, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), typeof content === 'number' ? await jpeg(content) : content);
  }
  return path;
}
