import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { z } from 'zod';
import { generateSampleSet, models, readWeights } from '../index.js';
import { parseOptions } from './fields.js';
import { onecycle } from './testing/command.js';
import { checkTraining, trainingFields } from './training.js';

const root = await mkdtemp(join(tmpdir(), 'onecycle-training-'));
after(() => rm(root, { recursive: true }));
await generateSampleSet(join(root, 'pictures'), { classes: ['circle', 'star', 'stripes'], perClass: 12 });

async function train(flags: string) {
  const common = 'train pictures --arch simple_cnn --size 32 --bs 8 --workers 0 --no-tta --lr 0.003 --json';
  const env = { ONECYCLE_HOME: join(root, 'cache') };
  const { code, stdout, stderr } = await onecycle([...common.split(' '), ...flags.split(' ')], { cwd: root, env });
  return { code, stderr, summary: code === 0 ? JSON.parse(stdout) : undefined };
}

test('optimizer, schedule and techniques by flags', async () => {
  const { code, stderr, summary } = await train(
    '--epochs 4 --opt ranger --wd 0.05 --momentum 0.9 --schedule flat-cos --warmup 0.25 --clip-grad 1 --accumulate 2 --mixup --ema 0.9 --early-stop 4 --reduce-on-plateau --monitor accuracy --save-best --save-every --progressive 16,32 --log-tensorboard --log-jsonl --out runs/a',
  );
  assert.equal(code, 0, stderr);
  const { opt, mixup, ema, progressive, saveBest } = summary.options;
  assert.deepEqual(
    { opt, mixup, ema, progressive, saveBest },
    { opt: 'ranger', mixup: 0.4, ema: 0.9, progressive: [16, 32], saveBest: true },
  );
  const { tensors } = await readWeights(join(root, 'runs/a/best.safetensors'));
  assert.ok(tensors.size > 20);
  assert.ok((await stat(join(root, 'runs/a/tensorboard/events.out.tfevents.onecycle'))).size > 1000);
  assert.deepEqual(
    await readdir(join(root, 'runs/a/epochs')),
    [0, 1, 2, 3].map((epoch) => `epoch_${epoch}.safetensors`),
  );
  const log = (await readFile(join(root, 'runs/a/log.jsonl'), 'utf8')).trim().split('\n');
  assert.equal(log.filter((line) => JSON.parse(line).metrics?.accuracy !== undefined).length, 4);
  const rows = (await readFile(join(root, 'runs/a/iterations.csv'), 'utf8')).trim().split('\n').slice(1);
  const rates = rows.map((row) => Number(row.split(',')[4]));
  assert.equal(rates[0], 0);
  assert.ok(rates.every((rate) => rate <= 0.003) && rates.includes(0.003));
  assert.ok(rows.every((row) => row.endsWith(',0.9')));
});

test('averaged weights are what is measured and exported; a cleaning list and a stepped schedule', async () => {
  await writeFile(
    join(root, 'clean.csv'),
    'file,suggestion,action\ntrain/star/0000.jpg,circle,relabel\ntrain/star/0001.jpg,,delete\n',
  );
  const { code, stderr, summary } = await train(
    '--epochs 2 --swa --cutmix 0.5 --opt sgd --schedule step --step-every 1 --gamma 0.5 --cleaned clean.csv --out runs/b',
  );
  assert.equal(code, 0, stderr);
  assert.equal(summary.results[0].plain.accuracy.value, summary.epochs.at(-1).metrics.accuracy);
  assert.equal(summary.data.train, 29);
  const rows = (await readFile(join(root, 'runs/b/iterations.csv'), 'utf8')).trim().split('\n').slice(1);
  assert.deepEqual(
    rows.map((row) => Number(row.split(',')[4])),
    [0.003, 0.003, 0.003, 0.0015, 0.0015, 0.0015],
  );
});

test('a loss that explodes ends the run with words', async () => {
  const { code, stderr } = await train('--epochs 2 --opt sgd --lr 10 --schedule constant --wd 1000 --out runs/c');
  assert.equal(code, 1);
  assert.match(stderr, /^onecycle: the loss is (NaN|Infinity) at epoch .* take a lower rate/m);
});

test('options that contradict each other, or are no good, are told before anything is read', async () => {
  for (const [options, message] of [
    [{ schedule: 'steps' }, /--schedule must be one of one-cycle, flat-cos, cosine, restarts/],
    [{ schedule: 'step' }, /--schedule step needs --step-every/],
    [{ cycleLen: '2' }, /--cycle-len needs --schedule restarts/],
    [{ schedule: 'cosine', gamma: '0.5' }, /--gamma needs --schedule step or exponential/],
    [{ schedule: 'restarts', cycleMult: '0.5' }, /--cycle-mult must be a whole number/],
    [{ minLr: '1e-5' }, /--reduce-factor and --min-lr need --reduce-on-plateau/],
    [{ reduceOnPlateau: '2', reduceFactor: '1' }, /--reduce-factor must be a number above 1/],
    [{ monitor: 'accuracy' }, /--monitor and --min-delta need --early-stop, --reduce-on-plateau or --save-best/],
    [{ earlyStop: '0' }, /--early-stop must be a whole number of at least 1/],
    [{ warmup: '0.1' }, /--warmup needs another --schedule/],
  ] as const) {
    const check = () => checkTraining(parseOptions(z.object(trainingFields), options), models.simple_cnn);
    assert.throws(check, message);
  }
  const { code, stderr } = await train('--save-best --monitor f1 --out runs/d');
  assert.match(stderr, /--monitor must be one of validLoss, trainLoss, accuracy, not "f1"; --metrics adds others/);
  assert.equal(code, 2);
});
