import { createHash } from 'node:crypto';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { messageOf, UserError } from '../../core/errors.js';
import { cacheHome } from '../../runtime/node/cache-home.js';
import { type ArchiveKind, archiveKind, withoutArchiveExtension } from '../archive-name.js';
import type { OnProgress } from '../progress.js';
import { isThere, makeFolder } from './make-folder.js';
import { isHidden } from './scan.js';
import { unpackTar } from './unpack-tar.js';
import { UnpackTarget } from './unpack-target.js';
import { unpackZip } from './unpack-zip.js';

export interface UnpackOptions {
  /** The folder under which archives are unpacked. Default: `archives` in the cache folder, see `cacheHome`. */
  readonly cacheFolder?: string;
  /** Bound on the bytes an archive unpacks to. Default 20 GiB. */
  readonly maxUnpackedBytes?: number;
  readonly onProgress?: OnProgress;
}

export const DEFAULT_MAX_UNPACKED_BYTES = 20 * 2 ** 30;

/**
 * Unpacks a .tar, .tgz, .tar.gz or .zip into the cache and returns the folder; at once if that was done before.
 *
 * The folder appears only when all of it is there; when anything fails, nothing is left. Throws a UserError for an archive that
 * is damaged, too large or hostile, and for a full disk.
 */
export async function unpackArchive(archive: string, options: UnpackOptions = {}): Promise<string> {
  kindOf(archive);
  const cacheFolder = options.cacheFolder ?? join(cacheHome(), 'archives');
  const { size, mtimeMs } = await stat(archive);
  const key = createHash('sha256')
    .update(`${await realpath(archive)}\n${size}\n${mtimeMs}`)
    .digest('hex')
    .slice(0, 16);
  const folder = join(cacheFolder, `${withoutArchiveExtension(basename(archive))}-${key}`);
  if (!(await isThere(folder))) await unpackInto(archive, folder, options);
  return folder;
}

export interface UnpackIntoOptions extends Pick<UnpackOptions, 'maxUnpackedBytes' | 'onProgress'> {
  /** Where all of the archive is in one folder: whether that is left out. Default false. */
  readonly strip?: boolean;
  /** Adds to the folder before it is there under its name. */
  readonly finish?: (folder: string) => Promise<void>;
}

/**
 * Unpacks an archive as a folder, which must not be there, or be empty.
 *
 * @throws {DamagedArchiveError} as `unpackArchive` throws a UserError
 */
export async function unpackInto(archive: string, folder: string, options: UnpackIntoOptions = {}): Promise<void> {
  const kind = kindOf(archive);
  const { size } = await stat(archive);
  try {
    await makeFolder(folder, archive, async (partial) => {
      const target = new UnpackTarget(archive, partial, options.maxUnpackedBytes ?? DEFAULT_MAX_UNPACKED_BYTES);
      try {
        const onRead = (done: number): void => options.onProgress?.({ stage: 'unpack', done, total: size });
        if (kind === 'zip') await unpackZip(archive, target, onRead);
        else await unpackTar(archive, kind === 'tgz', target, onRead);
        target.finish();
      } finally {
        target.dispose();
      }
      const all = (options.strip === true ? await onlyFolderIn(partial) : undefined) ?? partial;
      await options.finish?.(all);
      return all;
    });
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new DamagedArchiveError(`${archive} is damaged or not an archive: ${messageOf(error)}`, { cause: error });
  }
}

function kindOf(archive: string): ArchiveKind {
  const kind = archiveKind(archive);
  if (kind === undefined) throw new UserError(`${archive} is not a .tgz, .tar.gz, .tar or .zip`);
  return kind;
}

async function onlyFolderIn(folder: string): Promise<string | undefined> {
  const entries = (await readdir(folder, { withFileTypes: true })).filter(({ name }) => !isHidden(name));
  const [only] = entries;
  return entries.length === 1 && only?.isDirectory() ? join(folder, only.name) : undefined;
}

/** An archive whose content is not what was packed: another copy of it may be fine. */
export class DamagedArchiveError extends UserError {}
