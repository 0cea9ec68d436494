import { randomBytes } from 'node:crypto';
import {
  access,
  appendFile as append,
  constants,
  mkdir,
  readFile as read,
  rename,
  rm,
  stat,
  writeFile as write,
} from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf, messageOf, UserError } from '../../core/errors.js';

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

/**
 * Writes a file whole or not at all: to a temporary file beside it, which is then renamed. Folders are made.
 *
 * @throws {UserError} if the disk is full or the place cannot be written; what was there before stays
 */
export async function writeFile(path: string, bytes: Uint8Array | string): Promise<void> {
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await write(temporary, bytes);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw writeError(error, path);
  }
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
  if (codeOf(error) === 'ENOSPC')
    return new UserError(`${path} cannot be written: the disk is full; free some space or choose another folder`);
  return new UserError(`${path} cannot be written: ${messageOf(error)}`);
}
