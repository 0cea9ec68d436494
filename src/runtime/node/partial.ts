import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isAlive, machine } from './process-owner.js';

/**
 * Names for what is being made beside the place where it will be: `PATH.partial-MACHINE-PROCESS-RANDOM`. Each belongs to one
 * process, so that two that make the same thing do not meet; what a process leaves when it dies can be told by its number.
 */

/** Stands for no process: left on purpose, for whoever goes on with it. */
const NOBODY = 0;

/** A name that only this process uses. */
export function partialName(path: string): string {
  return nameOf(path, process.pid);
}

/** A name for what the next process may go on with. */
export function releasedName(path: string): string {
  return nameOf(path, NOBODY);
}

/** What is left of `path` by processes of this machine that have ended, and what was released. */
export async function abandonedPartials(path: string): Promise<string[]> {
  const prefix = `${basename(path)}.partial-`;
  return (await abandonedIn(dirname(path))).filter((left) => basename(left).startsWith(prefix));
}

/** The same for everything in a folder. */
export async function abandonedIn(folder: string): Promise<string[]> {
  const pattern = new RegExp(`\\.partial-${machine()}-(\\d+)-[0-9a-f]+$`);
  const left = (await readdir(folder)).filter((name) => {
    const pid = pattern.exec(name)?.[1];
    return pid !== undefined && (Number(pid) === NOBODY || !isAlive(Number(pid)));
  });
  return left.map((name) => join(folder, name));
}

function nameOf(path: string, pid: number): string {
  return `${path}.partial-${machine()}-${pid}-${randomBytes(4).toString('hex')}`;
}
