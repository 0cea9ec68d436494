import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { generateSampleSet } from '../data/index.js';
import { type Finished, onecycle } from './testing/command.js';
import { childrenOf, lives, until } from './testing/kill.js';

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url));
const cwd = await mkdtemp(join(tmpdir(), 'onecycle-survival-'));
after(() => rm(cwd, { recursive: true }));
await generateSampleSet(join(cwd, 'pictures'), { classes: ['circle', 'star'], perClass: 6 });

const COMMON = 'train pictures --arch simple_cnn --size 32 --bs 4 --workers 0 --no-tta --lr 0.003'.split(' ');
/** Longer than any test. */
const ENDLESS = [...COMMON, '--epochs', '5000'];

/** Runs the command until it prints an epoch, then does something to it. */
async function atFirstEpoch(args: readonly string[], act: (child: ChildProcess) => unknown): Promise<Finished> {
  let acted: unknown;
  const finished = await onecycle(args, {
    cwd,
    watchChild: (stdout, child) => {
      if (acted === undefined && /^\d+ {5}/m.test(stdout)) acted = act(child) ?? true;
    },
  });
  await acted;
  return finished;
}

const file = (run: string, name: string) => join(cwd, run, name);

test('the end of the terminal stops a run in good order; it goes on from the checkpoint before a damaged one', async () => {
  const stopped = await atFirstEpoch([...ENDLESS, '--checkpoint-every', '1', '--out', 'a'], (child) =>
    child.kill('SIGHUP'),
  );
  assert.equal(stopped.code, 129, stopped.stderr);
  assert.match(stopped.stderr, /stopped; go on with: onecycle train --resume a/);
  const before = await readFile(file('a', 'iterations.csv'), 'utf8');

  const handle = await open(file('a', 'checkpoint.safetensors'), 'r+');
  await handle.truncate(1000);
  await handle.close();
  const again = await atFirstEpoch(['train', '--resume', 'a'], (child) => child.kill('SIGTERM'));
  assert.equal(again.code, 143, again.stderr);
  assert.match(again.stderr, /checkpoint\.safetensors is not a whole .*; going on from the checkpoint before it/);
  const now = await readFile(file('a', 'iterations.csv'), 'utf8');
  // The batch that was lost has been made again, with the same numbers.
  assert.ok(now.startsWith(before.trimEnd()));
});

test('a run does not go on with other pictures, unless it is told to', async () => {
  const picture = join(cwd, 'pictures', 'train', 'star', '0000.jpg');
  await rename(picture, join(cwd, 'away.jpg'));
  const refused = await onecycle(['train', '--resume', 'a'], { cwd });
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /^onecycle: the pictures .* are not those .*\(\d+ to train on .* now \d+ .*--force/m);
  const forced = await atFirstEpoch(['train', '--resume', 'a', '--force'], (child) => child.kill('SIGINT'));
  assert.equal(forced.code, 130, forced.stderr);
  await rename(join(cwd, 'away.jpg'), picture);
});

test('one process trains in a folder, another is refused; a second ctrl-C leaves at once, and nothing is left running', async () => {
  let children: number[] = [];
  const ended = await atFirstEpoch([...ENDLESS, '--checkpoint-every', '2', '--out', 'b'], async (child) => {
    children = await childrenOf(child.pid ?? 0);
    const second = await onecycle(['train', '--resume', 'b'], { cwd });
    assert.equal(second.code, 1);
    assert.match(second.stderr, new RegExp(`^onecycle: process ${child.pid} trains in this folder`, 'm'));
    child.kill('SIGINT');
    child.kill('SIGINT');
  });
  assert.equal(ended.code, 130, ended.stderr);
  for (const pid of children) await until(async () => !(await lives(pid)), 'the training process ends with its parent');
});

test('the training process is killed, or its parent: the last checkpoint stands, and no process is left', {
  skip: platform() !== 'linux' && 'processes are listed on Linux only',
}, async () => {
  const crashed = await atFirstEpoch(['train', '--resume', 'b'], async (child) => {
    for (const pid of await childrenOf(child.pid ?? 0)) process.kill(pid, 'SIGKILL');
  });
  assert.equal(crashed.code, 1);
  assert.match(crashed.stderr, /the last checkpoint stands; go on from it with: onecycle train --resume b/);
  assert.match(
    crashed.stderr,
    /^onecycle: the training process was ended by SIGKILL, perhaps because memory was short/m,
  );

  let children: number[] = [];
  const killed = await atFirstEpoch(['train', '--resume', 'b'], async (child) => {
    children = await childrenOf(child.pid ?? 0);
    child.kill('SIGKILL');
  });
  assert.equal(killed.code, null);
  // Each epoch that has been shown is in the tables, too.
  const [shown] = /^\d+(?= {5})/m.exec(killed.stdout) ?? [];
  assert.match(await readFile(file('b', 'history.csv'), 'utf8'), new RegExp(`^\\w+,${shown},`, 'm'));
  assert.ok(children.length > 0);
  for (const pid of children) await until(async () => !(await lives(pid)), 'the training process ends with its parent');
});

test('a full disk: words, and nothing half done', async (t) => {
  const disk = join(cwd, 'disk');
  await mkdir(disk);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk]).status !== 0) {
    return t.skip('a disk of its own cannot be mounted here');
  }
  try {
    const sampled = await onecycle(['sample', 'disk/pictures'], { cwd });
    assert.match(sampled.stderr, /^onecycle: disk.pictures cannot be written: the disk is full; free some space/);
    const refused = await onecycle([...COMMON, '--epochs', '1', '--out', 'disk/run'], { cwd });
    assert.match(
      refused.stderr,
      /^onecycle: the disk is full: disk.run has .* of free space, the run's files need up to/m,
    );
    assert.deepEqual([sampled.code, refused.code], [1, 1]);
    assert.deepEqual(await readdir(disk), []);
  } finally {
    spawnSync('umount', [disk]);
  }
});

test('where files cannot grow, training ends with words; with room again the run goes on', async (t) => {
  if (platform() === 'win32') return t.skip('there is no ulimit');
  const args = [...COMMON, '--epochs', '1', '--out', 'c'].map((arg) => `'${arg}'`).join(' ');
  const limited = await new Promise<{ code: number | null; stderr: string }>((resolve) => {
    // Blocks of 1,024 bytes, some shells count in 512: room for options and tables, not for a network.
    const child = spawn('sh', ['-c', `ulimit -f 64; exec "${process.execPath}" "${MAIN}" ${args}`], {
      cwd,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ONECYCLE_HOME: join(cwd, 'home') },
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('close', (code) => resolve({ code, stderr }));
  });
  assert.equal(limited.code, 1, limited.stderr);
  assert.match(
    limited.stderr,
    /checkpoint\.safetensors cannot be written: files may not become as large.*Training goes on without/,
  );
  assert.match(limited.stderr, /^onecycle: c.model\.onnx cannot be written/m);
  assert.deepEqual(
    (await readdir(join(cwd, 'c'))).filter((name) => /partial|checkpoint|onnx/.test(name)),
    [],
  );
  const resumed = await onecycle(['train', '--resume', 'c'], { cwd });
  assert.equal(resumed.code, 0, resumed.stderr);
});

test('a rhythm of checkpoints that is none is refused', async () => {
  for (const every of ['0', 'soon', '-3s', '1.5']) {
    const { code, stderr } = await onecycle([...COMMON, `--checkpoint-every=${every}`], { cwd });
    assert.equal(code, 2, stderr);
    assert.match(stderr, /--checkpoint-every must be a number of batches, or a time such as 60s/);
  }
});
