import { stat } from 'node:fs/promises';
import { messageOf, UserError } from '../../core/errors.js';
import { Rng } from '../../core/rng.js';
import { partCustom, runCustom } from '../augment/custom.js';
import { checkTransforms, type Transform } from '../augment/transform.js';
import { checkSize } from '../check.js';
import { checkFraming, type Framing } from '../framing.js';
import { threadSampler } from '../sampler.js';
import { noTransforms } from '../transforms.js';
import { drawView } from '../view.js';
import { decodePicture } from './decode.js';

/** How a picture becomes a square; what is left out is as in a data bunch. */
export interface LoadImageOptions extends Partial<Framing> {
  /** Default: those of a validation picture without transforms of one's own, the middle square. */
  readonly transforms?: readonly Transform[];
}

/**
 * One picture as the learner sees it without augmentation: RGB planes, uint8, [3, size, size].
 *
 * Throws a UserError with the file's name if it is missing, damaged or no picture.
 */
export async function loadImage(
  source: string | Uint8Array,
  size: number,
  options: LoadImageOptions = {},
): Promise<Uint8Array> {
  checkSize(size);
  const framing = checkFraming(options);
  const transforms = checkTransforms('transforms', options.transforms ?? noTransforms.valid);
  if (typeof source === 'string') await checkFile(source);
  const name = typeof source === 'string' ? source : `the given picture (${source.length} bytes)`;
  const picture = await decodePicture(source, size, { resizeMethod: framing.resizeMethod }).catch((error: unknown) => {
    throw new UserError(`${name} cannot be read: ${messageOf(error)}`, { cause: error });
  });
  const images = new Uint8Array(3 * size * size);
  const sampler = threadSampler();
  sampler.base(picture).set(picture.pixels);
  const { data, functions } = partCustom(transforms);
  sampler.render(drawView(new Rng(0), data, picture, size, framing), images, 0, size);
  runCustom(functions, images, size, { seed: 0, epoch: 0, index: 0 });
  return images;
}

async function checkFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new UserError(`There is no file ${path}`);
  if (!found.isFile()) throw new UserError(`${path} is not a file`);
}
