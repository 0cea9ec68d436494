import { mkdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf, messageOf, UserError } from '../../core/errors.js';
import { abandonedPartials, partialName } from '../../runtime/node/partial.js';

/**
 * Makes a folder whole or not at all: it has its name when all is in it, and nothing is left where that fails. It must not
 * be there, or be empty; if another process is faster, its folder is as good.
 *
 * @param source what it is made from, for messages
 * @param fill puts everything into a folder that is new, and gives that folder, or one inside it that is to be all
 * @throws {UserError} if the disk is full or the place cannot be written; otherwise what `fill` throws
 */
export async function makeFolder(
  folder: string,
  source: string,
  fill: (partial: string) => Promise<string>,
): Promise<void> {
  const partial = partialName(folder);
  try {
    await mkdir(partial, { recursive: true });
    // What processes that have died left of the same.
    for (const left of await abandonedPartials(folder)) await rm(left, { recursive: true, force: true });
    await publish(await fill(partial), folder);
  } catch (error) {
    throw placeError(error, source, dirname(folder));
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/** What to tell the user where the place is at fault; other errors stay what they are. */
export function placeError(error: unknown, source: string, place: string): unknown {
  if (error instanceof UserError) return error;
  const code = codeOf(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new UserError(
      `No room left on the disk while unpacking ${source} into ${place}; what was unpacked is removed. Free some space, or set ONECYCLE_HOME to a folder on another disk.`,
      { cause: error },
    );
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new UserError(
      `${source} cannot be unpacked into ${place}: ${messageOf(error)}. Set ONECYCLE_HOME to a folder that you may write to.`,
      { cause: error },
    );
  }
  return error;
}

async function publish(made: string, folder: string): Promise<void> {
  try {
    // An empty folder makes way; on Windows, nothing is renamed over one.
    await rmdir(folder).catch(() => {});
    await rename(made, folder);
  } catch (error) {
    if (!(await isThere(folder))) throw error;
  }
}

/** Whether there is anything of this name. */
export function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
