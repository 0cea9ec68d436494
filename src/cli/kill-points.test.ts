import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Rng } from '../core/rng.js';
import { generateSampleSet } from '../data/index.js';
import { runAndKill } from './testing/kill.js';

/** `ONECYCLE_KILL_POINTS=20 npm test -- kill-points` kills each kind of run at so many moments; by default two kinds at one, to be fast. */
const POINTS = Number(process.env.ONECYCLE_KILL_POINTS ?? 1);
const TINY_RUN = fileURLToPath(new URL('./testing/tiny-run.js', import.meta.url));
const MAIN = fileURLToPath(new URL('./main.js', import.meta.url));

const root = await mkdtemp(join(tmpdir(), 'onecycle-kill-'));
after(() => rm(root, { recursive: true }));

/** Files of a folder by name, without seconds, times and what only the way there decides. */
async function filesOf(folder: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const entry of (await readdir(folder, { recursive: true, withFileTypes: true })).filter((e) => e.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path);
    // The report tells times.
    if (/checkpoint|^last|^options\.json|^report\.html/.test(entry.name)) continue;
    if (entry.name.startsWith('events')) files.set(entry.name, `${bytes.length} bytes`);
    else if (entry.name.endsWith('.csv')) files.set(entry.name, withoutSeconds(bytes.toString()));
    else if (/\.jsonl?$/.test(entry.name)) files.set(entry.name, withoutSeconds(bytes.toString()));
    else files.set(entry.name, bytes.toString('base64'));
  }
  return files;
}

function withoutSeconds(text: string): string {
  if (text.startsWith('{\n')) {
    const zero = (key: string, value: unknown) => (key === 'seconds' && typeof value === 'number' ? 0 : value);
    // The command names the run's own folder.
    const { seconds: _, command: __, ...rest } = JSON.parse(text, zero);
    return JSON.stringify(rest);
  }
  if (text.startsWith('{')) return text.replaceAll(/"seconds":[\d.e-]+/g, '');
  return /^.*,seconds\n/.test(text) ? text.replaceAll(/,[^,\n]*$/gm, '') : text;
}

function assertSame(found: ReadonlyMap<string, string>, whole: ReadonlyMap<string, string>, when: string): void {
  assert.deepEqual([...found.keys()].sort(), [...whole.keys()].sort(), when);
  for (const [name, text] of found) assert.ok(text === whole.get(name), `${name} differs: ${when}`);
}

interface Kind {
  readonly name: string;
  /** Why it is left out by default. */
  readonly slow?: string;
  /** The command that begins or goes on with a run in a folder. */
  readonly begin: (folder: string) => readonly string[];
  readonly resume: (folder: string) => readonly string[];
}

const TRAIN = [MAIN, 'train', 'pictures', '--size', '32', '--bs', '8', '--checkpoint-every', '1', '--lr', '0.003'];

const KINDS: readonly Kind[] = [
  {
    name: 'a run of all callbacks that keep a state',
    begin: (folder) => [TINY_RUN, folder],
    resume: (folder) => [TINY_RUN, folder],
  },
  {
    name: 'a frozen body, finders, fine-tuning and test-time augmentation by the command',
    slow: 'half a minute a point: ONECYCLE_KILL_POINTS=2 and more run it',
    begin: (folder) => [
      ...[MAIN, 'train', 'pictures', '--size', '32', '--bs', '8', '--checkpoint-every', '1'],
      ...['--epochs', '1', '--finetune-epochs', '1', '--out', folder],
    ],
    resume: (folder) => [MAIN, 'train', '--resume', folder],
  },
  {
    name: 'averages, mixed pictures, accumulation, logs and the best weights by the command',
    begin: (folder) => [
      ...TRAIN,
      ...['--arch', 'simple_cnn', '--epochs', '3', '--no-tta', '--ema', '0.9', '--mixup', '--accumulate', '2'],
      ...['--save-best', '--log-tensorboard', '--clip-grad', '1', '--out', folder],
    ],
    resume: (folder) => [MAIN, 'train', '--resume', folder],
  },
];

await generateSampleSet(join(root, 'pictures'), { classes: ['circle', 'star', 'stripes'], perClass: 9 });

for (const [k, { name, slow, begin, resume }] of KINDS.entries()) {
  const skip = POINTS < 2 && slow;
  test(`${name}: killed at any moment and resumed, it is bit by bit what it would have been`, { skip }, async () => {
    const start = async (folder: string, args: readonly string[], after?: number) => {
      await mkdir(folder, { recursive: true });
      return runAndKill(args, root, after);
    };
    const wholeFolder = join(root, `${k}-whole`);
    const { milliseconds, code, stderr } = await start(wholeFolder, begin(wholeFolder));
    assert.equal(code, 0, stderr);
    const whole = await filesOf(wholeFolder);
    assert.ok(whole.size >= 4);
    for (let point = 0; point < POINTS; point++) {
      const rng = new Rng(11, k, point);
      const folder = join(root, `${k}-${point}`);
      let args = begin(folder);
      const moments: number[] = [];
      // One run in three is killed twice.
      for (let kill = 0; kill < (point % 3 === 2 ? 2 : 1); kill++) {
        const moment = rng.uniform(0, milliseconds);
        moments.push(Math.round(moment));
        await start(folder, args, moment);
        // Killed before its options were written, nothing was lost: it begins anew.
        if ((await readdir(folder)).includes('options.json')) args = resume(folder);
      }
      const when = `killed ${moments.join(' and ')} ms after it began, of ${Math.round(milliseconds)}`;
      const last = await start(folder, args);
      assert.equal(last.code, 0, `${when}: ${last.stderr}`);
      assertSame(await filesOf(folder), whole, when);
      await rm(folder, { recursive: true });
    }
  });
}
