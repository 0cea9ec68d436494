import {
  access,
  appendFile as append,
  constants,
  mkdir,
  open,
  readFile as read,
  rename,
  rm,
  stat,
} from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf, messageOf, UserError } from '../../core/errors.js';
import { abandonedPartials, partialName } from './partial.js';

/**
 * Reads a file.
 *
 * @throws {UserError} if it is not there or cannot be read
 */
export async function readFile(path: string): Promise<Uint8Array> {
  try {
    return await read(path);
  } catch (error) {
    throw readError(error, path);
  }
}

/**
 * @throws {UserError} if there is no file that `readFile` could read
 */
export async function assertFile(path: string): Promise<void> {
  try {
    await access(path, constants.R_OK);
    if ((await stat(path)).isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
  } catch (error) {
    throw readError(error, path);
  }
}

function readError(error: unknown, path: string): UserError {
  if (codeOf(error) === 'ENOENT') return new UserError(`no such file: ${path}`);
  if (codeOf(error) === 'EISDIR') return new UserError(`${path} is a folder; a file is wanted`);
  return new UserError(`${path} cannot be read: ${messageOf(error)}`);
}

/** Whether there is a file at a path. */
export function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

export interface WriteOptions {
  /** Where the file that is replaced goes. Default: it is gone. */
  readonly keep?: string | undefined;
}

/**
 * Writes a file whole or not at all: to a temporary file beside it, which is renamed once it is on the disk. Folders are made. What
 * processes that were killed have left of the same file is removed.
 *
 * @throws {UserError} if the disk is full or the place cannot be written; what was there before stays
 */
export async function writeFile(path: string, bytes: Uint8Array | string, { keep }: WriteOptions = {}): Promise<void> {
  const temporary = partialName(path);
  const folder = dirname(path);
  try {
    await mkdir(folder, { recursive: true });
    // First of all, for the room that they take.
    await removeAll(await abandonedPartials(path));
    await writeThrough(temporary, bytes);
    if (keep !== undefined) await rename(path, keep).catch(ignoreMissing);
    await rename(temporary, path);
    await syncFolder(folder);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw writeError(error, path);
  }
}

/** Writes a file, and waits until the disk has it: a name must not lead to bytes that a power cut can still take. */
async function writeThrough(path: string, bytes: Uint8Array | string): Promise<void> {
  const handle = await open(path, 'w');
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Waits until the disk has a folder's names; not every system can open folders. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r').catch(() => undefined);
  try {
    await handle?.sync().catch(() => {});
  } finally {
    await handle?.close();
  }
}

/** Removes files, whether they are there or not. */
export async function removeAll(paths: readonly string[]): Promise<void> {
  for (const path of paths) await rm(path, { force: true });
}

function ignoreMissing(error: unknown): void {
  if (codeOf(error) !== 'ENOENT') throw error;
}

/**
 * Writes at the end of a file.
 *
 * @throws {UserError} if the disk is full or the place cannot be written
 */
export async function appendFile(path: string, bytes: Uint8Array | string): Promise<void> {
  try {
    await append(path, bytes);
  } catch (error) {
    throw writeError(error, path);
  }
}

/** What to tell of a write that failed. */
export function writeError(error: unknown, path: string): UserError {
  const reason = FULL[codeOf(error) ?? ''];
  return new UserError(`${path} cannot be written: ${reason ?? messageOf(error)}`);
}

const FULL: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; free some space or choose another folder',
  EDQUOT: 'your share of the disk is used up; free some space or choose another folder',
  EFBIG: 'files may not become as large here (ulimit -f)',
};
