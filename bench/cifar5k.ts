import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { percent } from '#onecycle/report/table.js';
import { table } from './table.js';

const COMMAND = fileURLToPath(new URL('../cli/main.js', import.meta.url));
const PEER = fileURLToPath(new URL('../../bench/peer/fastai_cifar5k.py', import.meta.url));
const WEIGHTS = fileURLToPath(new URL('../../weights/efficientnet_lite0.safetensors', import.meta.url));

/** What fastai 2.8 on PyTorch 2.15 reached with its own rates, 3 epochs frozen and 3 unfrozen; run once, on AVX-512 cores. */
const FASTAI = { frozen: 0.647, finetune: 0.723, tta: 0.785, seconds: 749 };

const Peer = z.object({ frozen: z.number(), finetune: z.number(), tta: z.number(), seconds: z.number() });

const Summary = z.object({
  epochs: z.array(z.object({ stage: z.string(), seconds: z.number(), metrics: z.object({ accuracy: z.number() }) })),
  /** Of each stage, in their order, and of all of them. */
  seconds: z.record(z.string(), z.number()),
  results: z.array(z.object({ tta: z.object({ accuracy: z.object({ value: z.number() }) }) })),
});

type Summary = z.infer<typeof Summary>;

export interface Cifar5kOptions {
  /** CIFAR-10 as folders or an archive of them: train/CLASS/…, test/CLASS/…. */
  readonly data: string;
  readonly seeds: number;
  /** Python that has fastai, timm and safetensors; without it the peer's figures are those given. */
  readonly python: string;
  /** More options for `onecycle train`. */
  readonly extra: readonly string[];
}

/**
 * Prints accuracy and time of the whole command on CIFAR-5k: 500 training and 100 test pictures of each class at 128 px. The
 * time is from the command's start to its end.
 */
export function benchCifar5k(o: Cifar5kOptions): void {
  const measured = peerRun(o);
  const fastai = measured ?? FASTAI;
  const all = `${fastai.seconds.toFixed(0)} s`;
  const name = measured === undefined ? 'fastai 2.8, given' : 'fastai, this machine';
  const rows = [[name, ...[fastai.frozen, fastai.finetune, fastai.tta].map(percent), all, all, '1.0']];
  for (let seed = 0; seed < o.seeds; seed++) {
    const out = mkdtempSync(join(tmpdir(), 'onecycle-cifar5k-'));
    try {
      const limits = ['--valid', 'test', '--limit-per-class', '500', '--valid-limit-per-class', '100', '--size', '128'];
      const args = [COMMAND, 'train', o.data, ...limits, '--seed', String(seed), '--out', out, '--force', '--quiet'];
      const start = performance.now();
      const { status } = spawnSync(process.execPath, [...args, ...o.extra], { stdio: ['ignore', 'ignore', 'inherit'] });
      const seconds = (performance.now() - start) / 1000;
      if (status !== 0) throw new Error(`onecycle train ended with exit code ${status}`);
      const summary = Summary.parse(JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8')));
      const { epochs, results } = summary;
      const last = (stage: string) => epochs.findLast((e) => e.stage === stage)?.metrics.accuracy;
      const reached = secondsUntil(fastai.tta, seconds, summary);
      rows.push([
        `onecycle, seed ${seed}`,
        share(last('frozen')),
        share(last('finetune')),
        share(results[0]?.tta.accuracy.value),
        `${seconds.toFixed(0)} s`,
        reached === undefined ? 'not reached' : `${reached.toFixed(0)} s`,
        reached === undefined ? '' : (fastai.seconds / reached).toFixed(1),
      ]);
    } finally {
      rmSync(out, { recursive: true, force: true });
    }
  }
  console.log(`\nCIFAR-5k at 128 px, onecycle train ${o.extra.join(' ')}`);
  const until = `until ${percent(fastai.tta)}`;
  console.log(table(['', 'frozen', 'fine-tuned', 'with TTA', 'time in all', until, '× sooner'], rows));
}

/** fastai's own run of the protocol, where it is installed; it takes about a quarter of an hour. */
function peerRun({ data, python }: Cifar5kOptions): z.infer<typeof Peer> | undefined {
  if (spawnSync(python, ['-c', 'import fastai, timm, safetensors']).status !== 0) return undefined;
  const run = spawnSync(python, [PEER, data, '--weights', WEIGHTS], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (run.status !== 0) throw new Error(`fastai's run ended with exit code ${run.status}`);
  return Peer.parse(JSON.parse(run.stdout.trim().split('\n').at(-1) ?? ''));
}

/** Seconds from the command's start to the end of the first epoch with at least this accuracy, without TTA; the whole if only TTA has it. */
function secondsUntil(accuracy: number, whole: number, { epochs, seconds, results }: Summary): number | undefined {
  const first = epochs.find((e) => e.metrics.accuracy >= accuracy);
  if (first === undefined) return (results[0]?.tta.accuracy.value ?? 0) >= accuracy ? whole : undefined;
  // What comes after it in its stage, and the stages behind that.
  const after = epochs.slice(epochs.indexOf(first) + 1);
  const stages = Object.keys(seconds).filter((stage) => stage !== 'total');
  const later = stages.slice(stages.indexOf(first.stage) + 1).filter((stage) => !epochs.some((e) => e.stage === stage));
  const rest = [...after.map((e) => e.seconds), ...later.map((stage) => seconds[stage] ?? 0)];
  return whole - rest.reduce((sum, s) => sum + s, 0);
}

/** Empty where a part was left out. */
function share(value: number | undefined): string {
  return value === undefined ? '' : percent(value);
}
