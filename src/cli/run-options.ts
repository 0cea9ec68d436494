import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, UserError } from '../core/errors.js';
import { OptionsFile } from './run-folder.js';
import type { TrainOptions } from './train-options.js';

/**
 * What the run in a folder was trained with.
 *
 * @throws {UserError} if it is not the folder of a run
 */
export async function runOptions(folder: string): Promise<TrainOptions> {
  const file = join(folder, 'options.json');
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new UserError(`${folder} is not the folder of a run: ${messageOf(error)}`);
  });
  try {
    return OptionsFile.parse(JSON.parse(text)).options;
  } catch {
    throw new UserError(`${file} is damaged; name the pictures instead`);
  }
}
