import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** Lets the peak of a process and of those it started begin anew at what they hold now. */
export function resetPeak(pid: number | 'self' = 'self'): void {
  for (const each of withChildren(pid)) {
    try {
      writeFileSync(`/proc/${each}/clear_refs`, '5');
    } catch {
      // Not Linux, or not allowed: then the peak is that of the whole life.
    }
  }
}

function withChildren(pid: number | 'self'): (number | 'self')[] {
  try {
    const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    );
    return [pid, ...children.flatMap(withChildren)];
  } catch {
    return [pid];
  }
}

/** Peak memory of a process and of those it started, in MiB (Linux; NaN elsewhere). */
export function peakMemory(pid: number | 'self' = 'self'): number {
  const peak = (each: number | 'self'): number => {
    try {
      const status = readFileSync(`/proc/${each}/status`, 'utf8');
      return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) / 1024;
    } catch {
      return Number.NaN;
    }
  };
  return withChildren(pid).reduce<number>((sum, each) => sum + peak(each), 0);
}
