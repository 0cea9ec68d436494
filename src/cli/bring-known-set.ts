import { access } from 'node:fs/promises';
import { UserError } from '../core/errors.js';
import { type KnownSet, knownSet } from '../data/known-sets.js';
import { dataProgress } from './data-progress.js';
import { ProgressLine } from './progress-line.js';

/**
 * The known set that an argument means, if there is nothing of this name on the disk.
 *
 * @throws {UserError} for a set whose labels must be told, or cannot be read; for a word that is neither a set nor on the disk
 */
export async function knownSetNamed(name: string): Promise<KnownSet | undefined> {
  const set = knownSet(name);
  if (await isThere(name)) return undefined;
  if (set === undefined) {
    if (!/^\w[\w-]*$/.test(name)) return undefined;
    throw new UserError(
      `There is no folder or archive ${name}, and no known set of this name (see onecycle data list)`,
    );
  }
  if (set.inTable === true) {
    throw new UserError(
      `the set ${name} is labelled for ${set.task}, by a table: onecycle data get ${name} FOLDER brings it; then name FOLDER/train with --csv FOLDER/labels.csv --suffix .jpg --label-delim " "`,
    );
  }
  if (set.unreadable !== undefined) {
    throw new UserError(
      `the set ${name} cannot be trained on by its name: ${set.unreadable}; onecycle data get ${name} brings it`,
    );
  }
  return set;
}

/**
 * Downloads and unpacks a known set, with its progress on standard error, and gives its folder.
 *
 * @param dest the folder that it becomes. Default: in the cache folder
 */
export async function bringKnownSet(set: KnownSet, progress: boolean, dest?: string): Promise<string> {
  const line = new ProgressLine(progress);
  const { onData, onDownload } = dataProgress(line);
  const { untarData } = await import('../data/node/untar-data.js');
  try {
    return await untarData(set.address, { dest, onDownload, onProgress: onData });
  } finally {
    line.clear();
  }
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
