import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { generateSampleSet, readWeights } from '../index.js';
import { onecycle } from './testing/command.js';

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
    '--epochs 4 --opt ranger --wd 0.05 --momentum 0.9 --schedule flat-cos --warmup 0.25 --clip-grad 1 --accumulate 2 --mixup --ema 0.9 --early-stop 4 --save-best --progressive 16,32 --log-tensorboard --out runs/a',
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
  const rows = (await readFile(join(root, 'runs/a/iterations.csv'), 'utf8')).trim().split('\n').slice(1);
  const rates = rows.map((row) => Number(row.split(',')[4]));
  assert.equal(rates[0], 0);
  assert.ok(rates.every((rate) => rate <= 0.003) && rates.includes(0.003));
  assert.ok(rows.every((row) => row.endsWith(',0.9')));
});

test('averaged weights are what is measured and exported', async () => {
  const { code, stderr, summary } = await train(
    '--epochs 2 --swa --cutmix 0.5 --opt sgd --schedule constant --out runs/b',
  );
  assert.equal(code, 0, stderr);
  assert.equal(summary.results[0].plain.accuracy.value, summary.epochs.at(-1).metrics.accuracy);
});

test('a loss that explodes ends the run with words', async () => {
  const { code, stderr } = await train('--epochs 2 --opt sgd --lr 10 --schedule constant --wd 1000 --out runs/c');
  assert.equal(code, 1);
  assert.match(stderr, /^onecycle: the loss is (NaN|Infinity) at epoch .* take a lower rate/m);
});
