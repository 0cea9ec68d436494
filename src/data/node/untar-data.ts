import { createHash } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { UserError } from '../../core/errors.js';
import type { DownloadSource, OnDownload } from '../../runtime/download.js';
import { cacheHome } from '../../runtime/node/cache-home.js';
import { type DownloadOptions, download, isOffline } from '../../runtime/node/download.js';
import { archiveKind, withoutArchiveExtension } from '../archive-name.js';
import { KNOWN_SET_NAMES, KNOWN_SETS, type KnownSet, knownSet, type SetLayout } from '../known-sets.js';
import type { OnProgress } from '../progress.js';
import { DamagedArchiveError, unpackInto } from './archive.js';
import { describeSet } from './describe-set.js';

export interface UntarOptions extends Omit<DownloadOptions, 'folder' | 'onProgress'> {
  /** The folder that the set becomes; must not be there, or be empty. Default: `datasets/NAME` in the cache folder. */
  readonly dest?: string | undefined;
  /** Default: see `cacheHome`. The archive is kept in `datasets` there. */
  readonly cacheFolder?: string | undefined;
  /** Bound on what the archive unpacks to, in bytes. Default 20 GiB. */
  readonly maxUnpackedBytes?: number;
  readonly onDownload?: OnDownload | undefined;
  /** Is told of the unpacking. */
  readonly onProgress?: OnProgress | undefined;
}

/**
 * Downloads a set of pictures, unpacks it, and gives its folder; at once if it is there. Where the archive holds nothing but one
 * folder, that is the folder. Known sets without class folders get a `metadata.jsonl`, so that `ImageDataBunch.fromFolder` reads them, too.
 *
 * The archive is checked as fastai does, by its length and the MD5 of its first megabyte; damage in the rest of it shows when it
 * is unpacked, by the checksum of gzip, and leads to one more download. Downloads that were cut off go on where they ended;
 * `ONECYCLE_MIRROR` and `ONECYCLE_OFFLINE` count as for weights.
 *
 * @param address one of `URLs`, or where another .tgz, .tar.gz, .tar or .zip is
 * @throws {UserError} that says which file to put where, if it cannot be had
 */
export async function untarData(address: string, options: UntarOptions = {}): Promise<string> {
  const source = sourceOf(address);
  const home = join(options.cacheFolder ?? cacheHome(), 'datasets');
  const folder = options.dest ?? join(home, withoutArchiveExtension(source.file));
  if (options.dest !== undefined) await assertFree(options.dest);
  else if (await isFolder(folder)) return folder;
  try {
    await fetchAndUnpack(source, home, folder, options);
  } catch (error) {
    if (!(error instanceof DamagedArchiveError) || isOffline(options.env ?? process.env)) throw error;
    // Only its first megabyte had been checked.
    await rm(join(home, source.file), { force: true });
    await fetchAndUnpack(source, home, folder, options);
  }
  return folder;
}

async function fetchAndUnpack(source: SetSource, home: string, folder: string, options: UntarOptions): Promise<void> {
  const { dest: _, cacheFolder: __, maxUnpackedBytes, onDownload, onProgress, ...rest } = options;
  const { layout, ...file } = source;
  const archive = await download(file, {
    ...rest,
    folder: home,
    ...(onDownload === undefined ? {} : { onProgress: onDownload }),
  });
  await unpackInto(archive, folder, {
    strip: true,
    finish: async (unpacked) => {
      if (layout !== undefined) await describeSet(unpacked, layout);
    },
    ...(maxUnpackedBytes === undefined ? {} : { maxUnpackedBytes }),
    ...(onProgress === undefined ? {} : { onProgress }),
  });
}

interface SetSource extends DownloadSource {
  readonly layout?: SetLayout | undefined;
}

/** What is known of the archive at an address, and the name that it is kept under. */
function sourceOf(address: string): SetSource {
  const name = KNOWN_SET_NAMES.find((n) => KNOWN_SETS[n].address === address);
  if (name !== undefined) {
    const { bytes, md5OfFirstMiB, layout }: KnownSet = KNOWN_SETS[name];
    return { address, bytes, md5OfFirstMiB, layout, file: posix.basename(address) };
  }
  if (!URL.canParse(address)) {
    const hint = knownSet(address) === undefined ? '' : `; write URLs.${address.toUpperCase().replaceAll('-', '_')}`;
    throw new UserError(`${JSON.stringify(address)} is not the address of an archive${hint}`);
  }
  const file = posix.basename(new URL(address).pathname);
  const kind = archiveKind(file);
  if (kind === undefined) throw new UserError(`${address} is not the address of a .tgz, .tar.gz, .tar or .zip`);
  // Names such as `data.zip` are those of many archives.
  const key = createHash('sha256').update(address).digest('hex').slice(0, 8);
  return { address, file: `${withoutArchiveExtension(file)}-${key}.${kind}` };
}

async function assertFree(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isDirectory()) throw new UserError(`${folder} is a file; name a folder`);
  if ((await readdir(folder)).length > 0) throw new UserError(`${folder} is not empty; name a new folder`);
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}
