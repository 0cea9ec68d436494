import { randomBytes } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../../core/errors.js';

/** A name beside `path` for what is not finished yet; it says which process works on it. */
export function partialName(path: string): string {
  return `${path}.partial-${process.pid}-${randomBytes(4).toString('hex')}`;
}

/** Removes what processes that have died left unfinished in a folder: of everything, or of what begins with `prefix`. */
export async function removeAbandoned(folder: string, prefix = ''): Promise<void> {
  for (const name of await readdir(folder)) {
    const [, pid] = /\.partial-(\d+)-[0-9a-f]+$/.exec(name) ?? [];
    if (pid === undefined || !name.startsWith(prefix) || isAlive(Number(pid))) continue;
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}
