import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';

/** Whether a process lives; one that has ended and waits for its parent to ask does not. */
export async function lives(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
}

/** Waits until something holds; fails after half a minute. */
export async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  const began = performance.now();
  while (!(await holds())) {
    if (performance.now() - began > 30_000) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Processes that a process has started; needs Linux. */
export async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return text.split(' ').flatMap((number) => (number.trim() === '' ? [] : [Number(number)]));
}

export interface Killed {
  readonly code: number | null;
  /** Milliseconds from the first output to the end. */
  readonly milliseconds: number;
  readonly stderr: string;
}

/** Runs a program of Node's, and kills it (-9) so many milliseconds after its first output, if it has not ended by then. */
export function runAndKill(args: readonly string[], cwd: string, after = Number.POSITIVE_INFINITY): Promise<Killed> {
  return new Promise((resolve, reject) => {
    const child: ChildProcess = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let began = 0;
    let stderr = '';
    let timer: NodeJS.Timeout | undefined;
    child.stdout?.on('data', () => {
      if (began > 0) return;
      began = performance.now();
      if (Number.isFinite(after)) timer = setTimeout(() => child.kill('SIGKILL'), after);
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code, stderr, milliseconds: performance.now() - began });
    });
  });
}
