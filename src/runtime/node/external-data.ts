import { closeSync, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { codeOf, messageOf, UserError } from '../../core/errors.js';

/**
 * Reads what an ONNX model keeps in files beside it. A model cannot name a file outside of its folder: neither by its path, nor
 * by a symbolic link that leads out. (A cache of Hugging Face's holds links to files that lie beside each other, too: those
 * may be read from where the model itself lies.)
 *
 * @param model path of the model
 */
export function externalDataBeside(model: string): (location: string, offset: number, length?: number) => Uint8Array {
  /** Bytes given of each file: many tensors that name the same part of a large one would need memory without bound. */
  const given = new Map<string, number>();
  return (location, offset, length) => {
    const shown = JSON.stringify(location);
    if (
      location === '' ||
      isAbsolute(location) ||
      /^[a-zA-Z]:|\\|\0/.test(location) ||
      location.split('/').includes('..')
    ) {
      throw new UserError(`its data are said to be in ${shown}, which is not a path within the model's folder`);
    }
    const path = join(dirname(model), location);
    let file: number;
    try {
      const real = realpathSync(path);
      const homes = [realpathSync(dirname(model)), dirname(realpathSync(model))];
      if (!homes.some((home) => isWithin(home, real))) {
        throw new UserError(`its data are said to be in ${shown}, a link that leads out of the model's folder`);
      }
      file = openSync(real, 'r');
    } catch (error) {
      if (error instanceof UserError) throw error;
      if (codeOf(error) === 'ENOENT')
        throw new UserError(`its data are in ${path}, which is not there; put it beside the model`);
      throw new UserError(`its data in ${path} cannot be read: ${messageOf(error)}`);
    }
    try {
      const bytes = readPart(file, path, offset, length);
      const total = (given.get(path) ?? 0) + bytes.length;
      given.set(path, total);
      if (total > MOST_TIMES * fstatSync(file).size) throw new UserError(`its tensors overlap in ${path} too often`);
      return bytes;
    } finally {
      closeSync(file);
    }
  };
}

/** How often a part of a file may be read: weights that are tied can be. */
const MOST_TIMES = 4;

function readPart(file: number, path: string, offset: number, length: number | undefined): Uint8Array {
  const found = fstatSync(file);
  if (!found.isFile()) throw new UserError(`its data are said to be in ${path}, which is no file`);
  const count = length ?? found.size - offset;
  if (!(count >= 0 && offset + count <= found.size)) {
    throw new UserError(`${count} bytes at ${offset} are wanted of ${path}, which has ${found.size}; is it cut off?`);
  }
  const bytes = new Uint8Array(count);
  let done = 0;
  while (done < count) {
    const read = readSync(file, bytes, done, count - done, offset + done);
    if (read === 0) throw new UserError(`${path} became shorter while it was read`);
    done += read;
  }
  return bytes;
}

function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '' && !isAbsolute(way) && way.split(/[/\\]/, 1)[0] !== '..';
}
