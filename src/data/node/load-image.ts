import { stat } from 'node:fs/promises';
import { messageOf, UserError } from '../../core/errors.js';
import { Rng } from '../../core/rng.js';
import { checkSize } from '../check.js';
import { enlargedExtent } from '../enlarge.js';
import { threadSampler } from '../sampler.js';
import { noTransforms } from '../transforms.js';
import { drawView } from '../view.js';
import { decodePicture } from './decode.js';

/**
 * One picture as the learner sees it without augmentation: RGB planes, uint8, [3, size, size], the middle square.
 *
 * Throws a UserError with the file's name if it is missing, damaged or no picture.
 */
export async function loadImage(source: string | Uint8Array, size: number): Promise<Uint8Array> {
  checkSize(size);
  if (typeof source === 'string') await checkFile(source);
  const name = typeof source === 'string' ? source : `the given picture (${source.length} bytes)`;
  const picture = await decodePicture(source, size).catch((error: unknown) => {
    throw new UserError(`${name} cannot be read: ${messageOf(error)}`, { cause: error });
  });
  const images = new Uint8Array(3 * size * size);
  const { width, height } = enlargedExtent(picture, size);
  const sampler = threadSampler();
  sampler.base(picture).set(picture.pixels);
  sampler.render(drawView(new Rng(0), noTransforms.valid, width, height, size), images, 0, size);
  return images;
}

async function checkFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new UserError(`There is no file ${path}`);
  if (!found.isFile()) throw new UserError(`${path} is not a file`);
}
