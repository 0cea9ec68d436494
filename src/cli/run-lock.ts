import { open, readFile, rm } from 'node:fs/promises';
import { z } from 'zod';
import { codeOf, messageOf, UserError } from '../core/errors.js';
import { birthOf, isAlive, machine } from '../runtime/node/process-owner.js';

const Holder = z.object({ pid: z.number(), machine: z.string(), birth: z.string().optional() });

/** A file that says which process trains in a folder; one that a process left when it was killed means nothing. */
export class RunLock {
  private constructor(private readonly file: string) {}

  /** @throws {UserError} if another process of this machine holds it */
  static async take(file: string): Promise<RunLock> {
    for (;;) {
      try {
        const handle = await open(file, 'wx');
        const birth = await birthOf(process.pid);
        await handle.writeFile(JSON.stringify({ pid: process.pid, machine: machine(), birth }));
        await handle.close();
        return new RunLock(file);
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw new UserError(`${file} cannot be written: ${messageOf(error)}`);
      }
      const pid = await runningIn(file);
      if (pid !== undefined) {
        throw new UserError(`process ${pid} trains in this folder; wait for it or stop it (${file} says so)`);
      }
      await rm(file, { force: true });
    }
  }

  async release(): Promise<void> {
    await rm(this.file, { force: true });
  }
}

/** The process that holds a lock, if it lives. */
export async function runningIn(file: string): Promise<number | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const holder = Holder.safeParse(asJson(text));
  if (!holder.success || holder.data.machine !== machine()) return undefined;
  const { pid, birth } = holder.data;
  return isAlive(pid) && (birth === undefined || birth === (await birthOf(pid))) ? pid : undefined;
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
