import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { UserError } from '../../core/errors.js';
import { Rng, Stream } from '../../core/rng.js';
import { checkInteger } from '../check.js';
import { drawSample, SAMPLE_CLASSES, type SampleClass } from '../sample-drawing.js';

export { SAMPLE_CLASSES, type SampleClass } from '../sample-drawing.js';

export interface SampleSetOptions {
  /** Which classes. Default: all of `SAMPLE_CLASSES`. */
  readonly classes?: readonly SampleClass[];
  /** Pictures of each class, training and validation together; at least 2. */
  readonly perClass: number;
  /** The part that goes to `valid`. Default 0.2; at least one picture of each class. */
  readonly validPct?: number;
  /** Default 0. */
  readonly seed?: number;
}

/**
 * Draws a set of pictures to try things on: shapes and textures in random colours, places, sizes and turns on busy
 * backgrounds, 96 to 160 px, as JPEGs in `dir/train/CLASS` and `dir/valid/CLASS`. The same seed draws the same set.
 */
export async function generateSampleSet(dir: string, options: SampleSetOptions): Promise<void> {
  const classes = options.classes ?? SAMPLE_CLASSES;
  const perClass = checkInteger('perClass', options.perClass, 2);
  const validCount = Math.max(1, Math.round(perClass * (options.validPct ?? 0.2)));
  for (const name of classes) {
    const label = SAMPLE_CLASSES.indexOf(name);
    if (label < 0) throw new UserError(`There is no sample class "${name}"; there are ${SAMPLE_CLASSES.join(', ')}`);
    for (const split of ['train', 'valid']) await mkdir(join(dir, split, name), { recursive: true });
    for (let i = 0; i < perClass; i++) {
      const split = i < perClass - validCount ? 'train' : 'valid';
      const svg = drawSample(name, new Rng(options.seed ?? 0, Stream.sample, label, i));
      const jpeg = await sharp(Buffer.from(svg)).flatten().jpeg({ quality: 88 }).toBuffer();
      await writeFile(join(dir, split, name, `${String(i).padStart(4, '0')}.jpg`), jpeg);
    }
  }
}
