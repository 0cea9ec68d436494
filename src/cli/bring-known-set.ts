import { access } from 'node:fs/promises';
import { UserError } from '../core/errors.js';
import { type KnownSet, knownSet } from '../data/known-sets.js';
import { dataProgress } from './data-progress.js';
import { ProgressLine } from './progress-line.js';

/**
 * The known set that an argument means, if there is nothing of this name on the disk.
 *
 * @throws {UserError} for a set that has not one class for each picture
 */
export async function knownSetNamed(name: string): Promise<KnownSet | undefined> {
  const set = knownSet(name);
  if (set === undefined || (await isThere(name))) return undefined;
  if (set.task !== 'classification') {
    throw new UserError(
      `the set ${name} is labelled for ${set.task}; only sets with one class for each picture can be trained on (see onecycle data list)`,
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
