import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { LineProcess } from './line-process.js';
import { type Contestant, inTurns } from './rounds.js';
import { table } from './table.js';

export interface StepOptions {
  readonly archs: readonly string[];
  readonly batch: number;
  readonly size: number;
  readonly rounds: number;
  /** Python that has torch, torchvision and timm; without it there is no peer. */
  readonly python: string;
}

const OWN = fileURLToPath(new URL('./own-steps.js', import.meta.url));
const PEER = fileURLToPath(new URL('../../bench/peer/torch_steps.py', import.meta.url));

const KINDS = [
  { kind: 'train', what: 'training step' },
  { kind: 'fixed', what: 'training step, batch norms fixed' },
  { kind: 'frozen', what: 'frozen body, head trained' },
  { kind: 'eval', what: 'evaluation' },
] as const;

/** A program of ours that runs steps of one network. */
export function ownSteps(o: { arch: string; batch: number; size: number }, extra: readonly string[] = []): LineProcess {
  const args = ['--arch', o.arch, '--batch', String(o.batch), '--size', String(o.size), ...extra];
  return new LineProcess(process.execPath, [OWN, ...args]);
}

/** The peer's version, or undefined where it is not installed. */
export function torchVersion(python: string): string | undefined {
  const { status, stdout } = spawnSync(python, ['-c', 'import torch, torchvision, timm; print(torch.__version__)'], {
    encoding: 'utf8',
  });
  return status === 0 ? stdout.trim() : undefined;
}

/** Prints steps' times, ours and PyTorch's in its default and its best setting, one network after the other. */
export async function benchSteps(o: StepOptions): Promise<void> {
  const version = torchVersion(o.python);
  console.log(
    version === undefined
      ? `\nno PyTorch: ${o.python} cannot import torch, torchvision and timm (--python FILE names another)`
      : `\npeer: PyTorch ${version}; "best" is channels last, fused AdamW and an allocator that uses huge pages`,
  );
  for (const arch of o.archs) {
    const args = ['--arch', arch, '--batch', String(o.batch), '--size', String(o.size)];
    const programs = new Map([['onecycle', ownSteps({ ...o, arch })]]);
    if (version !== undefined) {
      programs.set('default', new LineProcess(o.python, [PEER, ...args]));
      const best = new LineProcess(o.python, [PEER, ...args, '--channels-last'], {
        GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1',
      });
      programs.set('best', best);
    }
    const contestants: Contestant[] = [...programs].map(([name, p]) => ({ name, time: (kind) => p.ask(kind) }));
    const rows: string[][] = [];
    try {
      for (const { kind, what } of KINDS) {
        if (kind === 'train') {
          await inTurns(contestants, kind, 0);
          for (const p of programs.values()) await p.ask('reset');
        }
        const times = await inTurns(contestants, kind, o.rounds);
        rows.push([what, ...row(times, (ms) => `${((o.batch / ms) * 1000).toFixed(0)} img/s`)]);
        if (kind !== 'train') continue;
        const peaks = new Map<string, number>();
        for (const [name, p] of programs) peaks.set(name, await p.ask('peak'));
        rows.push(['its peak memory', ...row(peaks, (mib) => `${mib.toFixed(0)} MiB`)]);
      }
      const ours = contestants.filter((c) => c.name === 'onecycle');
      const cached = (await inTurns(ours, 'cached', o.rounds)).get('onecycle') ?? Number.NaN;
      rows.push(['frozen body, features kept', `${((o.batch / cached) * 1000).toFixed(0)} img/s`, '', '', '', '']);
    } finally {
      for (const p of programs.values()) await p.close();
    }
    console.log(`\n${arch}, batch ${o.batch} at ${o.size} px, medians of ${o.rounds} rounds in turns`);
    const header = ['', 'onecycle', 'PyTorch default', 'PyTorch best', '× default', '× best'];
    console.log(table(version === undefined ? header.slice(0, 2) : header, rows));
  }
}

/** Ours, the peer's two settings, and how many times as good ours is. */
function row(values: ReadonlyMap<string, number>, text: (value: number) => string): string[] {
  const ours = values.get('onecycle') ?? Number.NaN;
  const peers = ['default', 'best'].flatMap((name) => values.get(name) ?? []);
  return [text(ours), ...peers.map(text), ...peers.map((peer) => (peer / ours).toFixed(2))];
}
