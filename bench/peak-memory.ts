import { readdirSync, readFileSync } from 'node:fs';

/** Peak memory of a process and of those it started, in MiB (Linux; NaN elsewhere). */
export function peakMemory(pid: number | 'self' = 'self'): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const own = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) / 1024;
    const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
    );
    return children.reduce((sum, child) => sum + peakMemory(Number(child)), own);
  } catch {
    return Number.NaN;
  }
}
