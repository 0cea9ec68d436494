import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { codeOf } from '../../core/errors.js';

/** Names this machine: process numbers mean nothing on another one, which may share a folder. */
export function machine(): string {
  return createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
}

/** Whether a process of this machine has this number. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/**
 * When a process began, in clock ticks since the system did: numbers are given anew, above all in containers. Undefined where the system
 * does not tell.
 */
export async function birthOf(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The second field is the program's name in brackets, which may hold spaces; the time is the twenty-second.
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
}
