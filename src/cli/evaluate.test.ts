import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import { cnnLearner } from '../cnn-learner.js';
import { generateSampleSet, ImageList } from '../data/index.js';
import { models } from '../nn/models/index.js';
import { onecycle } from './testing/command.js';

const root = await mkdtemp(join(tmpdir(), 'onecycle-evaluate-'));
after(() => rm(root, { recursive: true }));
const cache = join(root, 'cache');
const run = (args: string) => onecycle(args.split(' '), { cwd: root, env: { ONECYCLE_HOME: cache } });

const Estimate = z.object({ value: z.number(), low: z.number(), high: z.number() });
const Measured = z.object({
  metrics: z.record(z.string(), Estimate),
  report: z
    .object({ classes: z.array(z.object({ label: z.string(), support: z.number(), recall: z.number() })) })
    .optional(),
  outputs: z.array(z.object({ name: z.string(), mae: z.number() })).optional(),
  confusion: z.array(z.array(z.number())).optional(),
});
const Results = z.object({
  splits: z.array(z.string()),
  pictures: z.number(),
  plain: Measured,
  tta: Measured.optional(),
});
const measured = async (args: string) => {
  const { code, stdout, stderr } = await run(`${args} --json --quiet`);
  assert.equal(code, 0, stderr);
  return Results.parse(JSON.parse(stdout));
};

describe('evaluate', () => {
  before(async () => {
    await generateSampleSet(join(root, 'pictures'), { classes: ['circle', 'star'], perClass: 16, validPct: 0.5 });
    await cp(join(root, 'pictures', 'valid', 'star'), join(root, 'more', 'star'), { recursive: true });
    const trained = await run('train pictures --arch simple_cnn --size 32 --bs 4 --epochs 2 --lr 0.003 --out out');
    assert.equal(trained.code, 0, trained.stderr);
  });

  test("a run's own pictures give what the run gave, with test-time augmentation, too", async () => {
    const Summary = z.object({
      results: z.tuple([z.object({ plain: z.object({ accuracy: Estimate }), tta: z.object({ accuracy: Estimate }) })]),
    });
    const { results } = Summary.parse(JSON.parse(await readFile(join(root, 'out', 'summary.json'), 'utf8')));
    const { splits, pictures, plain, tta } = await measured('evaluate out --tta');
    assert.deepEqual({ splits, pictures }, { splits: ['valid'], pictures: 16 });
    assert.deepEqual(plain.metrics.accuracy, results[0].plain.accuracy);
    assert.deepEqual(tta?.metrics.accuracy, results[0].tta.accuracy);
    const [[a = 0, b = 0] = [], [c = 0, d = 0] = []] = plain.confusion ?? [];
    assert.deepEqual([a + b, c + d], [8, 8]);
    assert.equal((a + d) / 16, plain.metrics.accuracy?.value);
    assert.equal(plain.report?.classes[1]?.recall, d / 8);
  });

  test('pictures that are not split are measured on all together, also of one class; words and a file tell of them', async () => {
    const all = await run('evaluate out/model.onnx more --metrics accuracy,error_rate --predictions said.csv');
    assert.equal(all.code, 0, all.stderr);
    assert.match(all.stdout, /^accuracy on 8 pictures: \d+\.\d % \(95 % interval/m);
    assert.match(all.stdout, /^shown \\ taken for {2}circle {2}star$/m);
    const [header, ...lines] = (await readFile(join(root, 'said.csv'), 'utf8')).trimEnd().split('\n');
    assert.equal(header, 'file,true_label,label,probability,probability:circle,probability:star');
    assert.equal(lines.length, 8);
    const right = lines.filter((line) => line.split(',')[1] === line.split(',')[2]).length;
    assert.match(all.stdout, new RegExp(`^accuracy on 8 pictures: ${((100 * right) / 8).toFixed(1)} %`, 'm'));
    const drawn = await measured('evaluate out pictures/train --split valid --valid-pct 0.25');
    assert.deepEqual({ splits: drawn.splits, pictures: drawn.pictures }, { splits: ['valid'], pictures: 4 });
    assert.equal((await measured('evaluate out pictures --split all')).pictures, 32);
  });

  test('several labels a picture and numbers, matched by name in another order', async () => {
    const names = (split: string) =>
      Array.from(
        { length: 8 },
        (_, i) => `${split}/star/${String(i + (split === 'train' ? 0 : 8)).padStart(4, '0')}.jpg`,
      );
    const rows = names('train').map((file, i) => ({ file, tags: i % 2 === 0 ? 'a;b' : 'b', x: i, y: -i }));
    const list = ImageList.fromDf(join(root, 'pictures'), rows).splitByRandPct(0.5);
    const options = { size: 32, bs: 4, cacheFolder: cache };
    const kinds = {
      multi: await list.labelFromColumn('tags', { labelDelim: ';' }).databunch(options),
      numbers: await list.labelFromColumn(['x', 'y'], { regression: true }).databunch(options),
    };
    for (const [name, data] of Object.entries(kinds)) {
      const learner = await cnnLearner(data, models.simple_cnn);
      await learner.export(join(root, `${name}.onnx`));
      await learner.close();
    }
    const line = (cells: readonly unknown[]) => `${cells.join(',')}\n`;
    const table = (head: readonly string[], cells: (i: number) => readonly unknown[]) =>
      [head, ...names('valid').map((file, i) => [file, ...cells(i)])].map(line).join('');
    await writeFile(
      join(root, 'pictures', 'tags.csv'),
      table(['file', 'tags'], () => ['b']),
    );
    await writeFile(
      join(root, 'pictures', 'xy.csv'),
      table(['file', 'y', 'x'], (i) => [-i, i]),
    );
    await writeFile(
      join(root, 'pictures', 'xz.csv'),
      table(['file', 'x', 'z'], (i) => [-i, i]),
    );

    const multi = await measured('evaluate multi.onnx pictures/tags.csv --label-delim ; --metrics f1,accuracy_thresh');
    assert.equal(multi.pictures, 8);
    assert.deepEqual(
      multi.plain.report?.classes.map(({ label, support }) => [label, support]),
      [
        ['a', 0],
        ['b', 8],
      ],
    );
    const numbers = await measured('evaluate numbers.onnx pictures/xy.csv --label-col y,x --regression');
    assert.deepEqual(
      numbers.plain.outputs?.map(({ name }) => name),
      ['x', 'y'],
    );
    const [x, y] = numbers.plain.outputs?.map(({ mae }) => mae) ?? [];
    assert.ok(Math.abs(((x ?? 0) + (y ?? 0)) / 2 - (numbers.plain.metrics.mae?.value ?? 0)) < 1e-6);

    const other = await run('evaluate numbers.onnx pictures/xz.csv --label-col x,z --regression');
    assert.match(other.stderr, /numbers\.onnx does not know the outputs "z" of these pictures; it knows "x", "y"/);
    const kind = await run('evaluate multi.onnx pictures');
    assert.match(kind.stderr, /multi\.onnx is a multi-label model; these pictures have one label each/);
  });

  test('bad input is told', async () => {
    await cp(join(root, 'more', 'star'), join(root, 'odd', 'wolf'), { recursive: true });
    await cp(join(root, 'more', 'star'), join(root, 'odd', 'star'), { recursive: true });
    for (const [args, code, message] of [
      [
        'evaluate out odd',
        1,
        /model\.onnx does not know the classes "wolf" of these pictures; it knows "circle", "star"/,
      ],
      ['evaluate out/model.onnx', 2, /name labelled pictures, or the folder of a run/],
      ['evaluate out --valid-pct 0.5', 2, /the pictures are those of the run: leave --valid-pct out/],
      [
        'evaluate out pictures --split test',
        1,
        /no labelled pictures in the test split; there are some in train, valid/,
      ],
      ['evaluate out pictures --split none', 2, /--split must be one of train, valid, test, all/],
      ['evaluate out pictures --metrics mae', 1, /the metric mae is for regression/],
      ['evaluate out pictures --threshold 0.4', 2, /--threshold is for several labels a picture/],
      ['evaluate out nowhere', 1, /There is no folder or archive/],
      ['evaluate out pictures --predictions pictures', 1, /pictures cannot be written/],
      ['evaluate', 2, /missing required argument 'model'/],
    ] as const) {
      const finished = await run(args);
      assert.match(finished.stderr, message);
      assert.equal(finished.code, code, args);
    }
  });
});
