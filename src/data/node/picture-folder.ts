import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../core/errors.js';
import { archiveKind } from '../archive-name.js';
import type { OnProgress } from '../progress.js';
import { unpackArchive } from './archive.js';

export interface PictureFolderOptions {
  /** Folder for what can be made again; archives are unpacked into `archives` in it. */
  readonly cacheFolder: string;
  /** Bound on what an archive unpacks to, in bytes. */
  readonly maxUnpackedBytes: number;
  readonly onProgress?: OnProgress | undefined;
}

/**
 * The folder of pictures that a path names: itself, or where the archive is unpacked.
 *
 * Throws a UserError if it is neither a folder nor an archive, or the archive is no good.
 */
export async function pictureFolder(path: string, options: PictureFolderOptions): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new UserError(`There is no folder or archive ${path}`);
  if (found.isDirectory()) return path;
  if (!found.isFile() || archiveKind(path) === undefined) {
    throw new UserError(`${path} is neither a folder nor a .tgz, .tar.gz, .tar or .zip archive`);
  }
  const { maxUnpackedBytes, cacheFolder, onProgress } = options;
  return unpackArchive(path, {
    maxUnpackedBytes,
    cacheFolder: join(cacheFolder, 'archives'),
    ...(onProgress === undefined ? {} : { onProgress }),
  });
}
