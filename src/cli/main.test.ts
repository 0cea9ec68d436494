import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import * as ort from 'onnxruntime-node';
import { z } from 'zod';
import { cnnLearner } from '../cnn-learner.js';
import { generateSampleSet, ImageDataBunch, loadImage } from '../data/index.js';
import { GraphBuilder } from '../graph/builder.js';
import { modelOf } from '../graph/model.js';
import { writeModel } from '../graph/onnx.js';
import { models } from '../nn/models/index.js';
import { accuracy } from '../train/metrics/index.js';
import { RECIPE_DEFAULTS } from '../train/recipe.js';
import { type Finished, onecycle } from './testing/command.js';

const root = await mkdtemp(join(tmpdir(), 'onecycle-cli-'));
after(() => rm(root, { recursive: true }));

const CLASSES = ['checkerboard', 'circle', 'dots', 'rings', 'star', 'stripes'] as const;
const SMALL = ['--size', '64', '--bs', '4', '--epochs', '1', '--finetune-epochs', '1', '--finetune-lr', '0.001'];
const run = (...args: string[]): Promise<Finished> => onecycle(args, { cwd: root });

const Summary = z.object({
  command: z.array(z.string()),
  seed: z.literal(3),
  versions: z.object({ onecycle: z.string(), onnxruntime: z.string(), node: z.string() }),
  data: z.object({
    classes: z.array(z.string()),
    train: z.literal(36),
    valid: z.literal(12),
    skipped: z.array(z.object({ file: z.string(), reason: z.string() })).length(1),
  }),
  rates: z.object({ frozen: z.number(), finetune: z.number() }),
  epochs: z.array(z.object({ stage: z.string(), validLoss: z.number() })).length(2),
  results: z
    .array(
      z.object({ plain: z.object({ accuracy: z.object({ value: z.number(), low: z.number(), high: z.number() }) }) }),
    )
    .length(1),
  featurePrecisions: z.object({ 64: z.literal('float32') }),
  seconds: z.object({ frozen: z.number(), total: z.number() }),
});

describe('a training run', () => {
  let trained: Finished;
  const out = join(root, 'out');
  const read = (file: string) => readFile(join(out, file), 'utf8');

  before(async () => {
    await generateSampleSet(join(root, 'pictures'), { classes: CLASSES, perClass: 8, validPct: 0.25 });
    await writeFile(join(root, 'pictures', 'train', 'star', 'broken.jpg'), 'no picture at all');
    trained = await run('train', 'pictures', ...SMALL, '--seed', '3', '--out', 'out');
  });

  test('prints stages, tables and the result', () => {
    assert.equal(trained.code, 0, trained.stderr);
    assert.match(trained.stdout, /6 classes, 36 pictures to train on, 12 to validate/);
    assert.equal(trained.stdout.match(/^epoch {5}train_loss {2}valid_loss {2}accuracy {2}time$/gm)?.length, 2);
    assert.equal(trained.stdout.match(/^0 {9}\d+\.\d{6} {4}\d+\.\d{6} {4}\d\.\d{6} {2}\d\d:\d\d$/gm)?.length, 2);
    assert.match(trained.stdout, /accuracy on 12 validation pictures: \d+\.\d % \(95 % interval/);
    assert.match(trained.stderr, /left out 1 file, e\.g\. .*broken\.jpg/);
  });

  test('writes files that can be read', async () => {
    const summary = Summary.parse(JSON.parse(await read('summary.json')));
    assert.deepEqual(summary.data.classes, CLASSES);
    const history = (await read('history.csv')).trimEnd().split('\n');
    assert.equal(history[0], 'stage,epoch,train_loss,valid_loss,accuracy,seconds');
    assert.deepEqual(
      history.slice(1).map((line) => line.split(',').slice(0, 2)),
      [
        ['frozen', '0'],
        ['finetune', '0'],
      ],
    );
    const iterations = (await read('iterations.csv')).trimEnd().split('\n');
    assert.equal(iterations.length, 1 + 2 * 9);
    for (const plot of ['lr-find.svg', 'losses.svg']) assert.match(await read(plot), /^<svg[\s\S]*<\/svg>$/);
  });

  test('the report tells all, and can be written anew from the folder alone', async () => {
    const written = await read('report.html');
    for (const id of ['results', 'data', 'finder', 'curves', 'confusion', 'worst', 'calibration', 'repeat']) {
      assert.match(written, new RegExp(`<h2 id="${id}">`));
    }
    // Twelve pictures are got more or less wrong, each with what the network looks at.
    assert.equal(written.match(/alt="the same, what speaks for \w+ coloured"/g)?.length, 12);
    assert.match(written, /onecycle train pictures --size 64/);
    const again = await run('report', 'out', '--out', 'pages/again.html');
    assert.equal(again.code, 0, again.stderr);
    assert.equal(again.stdout, 'pages/again.html\n');
    assert.equal(await readFile(join(root, 'pages', 'again.html'), 'utf8'), written);
    await cp(out, join(root, 'old'), { recursive: true });
    for (const name of ['report-pictures.json', 'predictions.safetensors']) await rm(join(root, 'old', name));
    const old = await run('report', 'old', '--json');
    assert.deepEqual(JSON.parse(old.stdout), {
      report: join('old', 'report.html'),
      missing: ["the network's answers (confusion, errors, calibration)", 'pictures'],
    });
  });

  test('no report can be made of what is no finished run', async () => {
    await mkdir(join(root, 'unfinished'));
    await writeFile(join(root, 'unfinished', 'options.json'), await read('options.json'));
    await mkdir(join(root, 'damaged'));
    await writeFile(join(root, 'damaged', 'options.json'), await read('options.json'));
    await writeFile(join(root, 'damaged', 'summary.json'), '{}');
    for (const [folder, message] of [
      ['pictures', /pictures is not the folder of a run/],
      ['unfinished', /has not come to its end.*--resume unfinished/],
      ['damaged', /damaged.summary\.json is damaged/],
    ] as const) {
      const { code, stderr } = await run('report', folder);
      assert.equal(code, 1);
      assert.match(stderr, message);
    }
    assert.equal((await run('train', 'pictures', '--plot', '--json')).code, 2);
  });

  test("the model gives the learner's predictions in an ordinary session", async () => {
    const data = await ImageDataBunch.fromFolder(join(root, 'pictures'), { size: 64, bs: 12 });
    const learner = await cnnLearner(data, models.efficientnet_lite0, { metrics: [accuracy] });
    try {
      await learner.load(join(out, 'checkpoint'));
      const { preds } = await learner.getPreds();
      const session = await ort.InferenceSession.create(join(out, 'model.onnx'));
      for (let i = 0; i < preds.n; i++) {
        const picture = await loadImage(data.file('valid', i), 64);
        const image = new ort.Tensor(
          'float32',
          Float32Array.from(picture, (x) => x / 255),
          [1, 3, 64, 64],
        );
        const { probabilities } = await session.run({ image });
        assert.ok(probabilities?.data instanceof Float32Array);
        probabilities.data.forEach((p, c) => {
          const expected = preds.data[i * CLASSES.length + c] ?? Number.NaN;
          assert.ok(Math.abs(p - expected) < 1e-4, `${p} for ${expected}`);
        });
      }
    } finally {
      await learner.close();
    }
  });

  test('predict names pictures, walks folders, and goes on after a file that is none', async () => {
    const star = join('pictures', 'valid', 'star', '0006.jpg');
    const one = await run('predict', 'out/model.onnx', star, '--top', '2');
    assert.equal(one.code, 0, one.stderr);
    assert.match(one.stdout, /^pictures.valid.star.0006\.jpg: \w+ \d+\.\d %, \w+ \d+\.\d %\n$/);

    const broken = join('pictures', 'train', 'star', 'broken.jpg');
    const many = await run('predict', 'out/model.onnx', '--bs', '5', '--json', broken, join('pictures', 'valid'));
    assert.equal(many.code, 1);
    assert.match(many.stderr, /^onecycle: .*broken\.jpg cannot be read/);
    const Listed = z.array(z.object({ file: z.string(), label: z.enum(CLASSES), probability: z.number() }));
    assert.equal(Listed.parse(JSON.parse(many.stdout)).length, 12);
  });

  test('results are not overwritten, and a finished run only shows them again', async () => {
    const again = await run('train', 'pictures', ...SMALL, '--out', 'out');
    assert.equal(again.code, 1);
    assert.match(again.stderr, /--out out is not empty.*--resume out.*--force/);
    const resumed = await run('train', '--resume', 'out', '--json');
    assert.equal(resumed.code, 0, resumed.stderr);
    assert.deepEqual(JSON.parse(resumed.stdout), JSON.parse(await read('summary.json')));
  });

  test('a checkpoint that was cut off is no place to resume from', async () => {
    await mkdir(join(root, 'cut'));
    await writeFile(join(root, 'cut', 'options.json'), await read('options.json'));
    const checkpoint = await readFile(join(out, 'checkpoint.safetensors'));
    await writeFile(join(root, 'cut', 'checkpoint.safetensors'), checkpoint.subarray(0, checkpoint.length / 2));
    const { code, stderr } = await run('train', '--resume', 'cut');
    assert.equal(code, 1);
    assert.match(stderr, /^onecycle: cut.checkpoint\.safetensors is not a whole \.safetensors file/m);
  });

  test('ctrl-C in the middle of an epoch leaves a checkpoint that --resume goes on from', async () => {
    let sent = false;
    const args = ['train', 'pictures', '--size', '64', '--bs', '2', '--limit-per-class', '3'];
    const epochs = ['--epochs', '0', '--finetune-epochs', '2'];
    const stopped = await onecycle([...args, ...epochs, '--finetune-lr', '0.001', '--no-tta', '--out', 'stopped'], {
      cwd: root,
      watch: (stdout, kill) => {
        if (sent || !/^0 /m.test(stdout)) return;
        sent = true;
        kill('SIGINT');
      },
    });
    assert.equal(stopped.code, 130, stopped.stderr);
    assert.match(stopped.stderr, /stopped; go on with: onecycle train --resume stopped/);
    const file = (name: string) => readFile(join(root, 'stopped', name), 'utf8');
    const before = (await file('iterations.csv')).trimEnd().split('\n').length - 1;
    assert.ok(before >= 9 && before < 18, `stopped after ${before} batches`);
    const resumed = await run('train', '--resume', 'stopped');
    assert.equal(resumed.code, 0, resumed.stderr);
    assert.equal((await file('iterations.csv')).trimEnd().split('\n').length - 1, 18);
    assert.equal((await file('history.csv')).trimEnd().split('\n').length - 1, 2);
  });
});

test('models that are none of ours are refused', async () => {
  await writeFile(join(root, 'text.onnx'), 'this is no model');
  const b = new GraphBuilder('plain');
  b.output(b.op('Relu', [b.input('x', 'float32', [1])]), 'y');
  await writeFile(join(root, 'plain.onnx'), writeModel(modelOf(b.finish())));
  for (const [model, message] of [
    ['missing.onnx', /no such file: missing\.onnx/],
    ['text.onnx', /text\.onnx: not an ONNX model/],
    ['plain.onnx', /plain\.onnx is an ONNX model without labels/],
  ] as const) {
    const { code, stderr } = await run('predict', model, 'x.jpg');
    assert.equal(code, 1);
    assert.match(stderr, message);
  }
});

test('help and version', async () => {
  const help = await run('train', '--help');
  assert.equal(help.code, 0);
  assert.match(help.stdout, new RegExp(`--finetune-epochs <n> .*\\(default: ${RECIPE_DEFAULTS.finetuneEpochs}\\)`));
  assert.match((await run('--version')).stdout, /^\d+\.\d+\.\d+\n$/);
  assert.equal((await run()).code, 2);
});
