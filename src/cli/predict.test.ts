import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import { generateSampleSet } from '../data/index.js';
import { type CommandOptions, onecycle } from './testing/command.js';

const root = await mkdtemp(join(tmpdir(), 'onecycle-predict-'));
after(() => rm(root, { recursive: true }));
const run = (args: string, options: Pick<CommandOptions, 'input' | 'watch'> = {}) =>
  onecycle(args.split(' '), { cwd: root, env: { ONECYCLE_HOME: join(root, 'cache') }, ...options });

const Row = z.object({
  file: z.string(),
  label: z.enum(['circle', 'star']),
  probability: z.number(),
  top: z.array(z.object({ label: z.string(), probability: z.number() })).length(2),
});
const rowsOf = (jsonl: string) =>
  jsonl
    .trimEnd()
    .split('\n')
    .map((line) => Row.parse(JSON.parse(line)));

describe('predict', () => {
  before(async () => {
    await generateSampleSet(join(root, 'pictures'), { classes: ['circle', 'star'], perClass: 10, validPct: 0.5 });
    const args = '--arch simple_cnn --size 32 --bs 4 --epochs 2 --lr 0.003 --no-tta --out out';
    const trained = await run(`train pictures ${args}`);
    assert.equal(trained.code, 0, trained.stderr);
    await writeFile(join(root, 'broken.jpg'), 'no picture');
  });

  test('a list, lines and a table say the same, whatever the batches and threads', async () => {
    const json = await run('predict out pictures/valid --json --bs 3');
    const lines = await run('predict out/model.onnx pictures/valid --jsonl --bs 32 --workers 0');
    assert.equal(json.code, 0, json.stderr);
    const rows = z.array(Row).length(10).parse(JSON.parse(json.stdout));
    rowsOf(lines.stdout).forEach((row, i) => {
      assert.equal(row.file, rows[i]?.file);
      assert.ok(Math.abs(row.probability - (rows[i]?.probability ?? 0)) < 1e-5);
    });
    const table = await run('predict out pictures/valid --csv');
    const [header, ...cells] = table.stdout.trimEnd().split('\n');
    assert.equal(header, 'file,label,probability,probability:circle,probability:star');
    assert.deepEqual(
      cells.map((line) => line.split(',').slice(0, 2)),
      rows.map(({ file, label }) => [file, label]),
    );
    for (const line of cells) {
      const [, label, p, circle, star] = line.split(',');
      assert.equal(p, label === 'circle' ? circle : star);
      assert.ok(Math.abs(Number(circle) + Number(star) - 1) < 1e-5);
    }
  });

  test('files, patterns and a list on standard input name pictures; what cannot be read is told and passed over', async () => {
    const star = 'pictures/valid/star/0005.jpg';
    const found = await run(`predict out pictures/valid/*/000[56].jpg pictures/none/*.jpg ${star} --jsonl`);
    assert.equal(found.code, 1);
    assert.equal(found.stderr, 'onecycle: no file matches pictures/none/*.jpg\n');
    const globbed = ['circle/0005', 'circle/0006', 'star/0005', 'star/0006'].map(
      (name) => `pictures/valid/${name}.jpg`,
    );
    assert.deepEqual(
      rowsOf(found.stdout).map(({ file }) => file),
      [...globbed, star],
    );
    const listed = await run('predict out - --jsonl', {
      input: `${star}\r\n\nbroken.jpg\nnowhere.jpg\npictures/valid/circle\n`,
    });
    assert.equal(listed.code, 1);
    assert.match(
      listed.stderr,
      /^onecycle: broken\.jpg cannot be read: not a picture.*\nonecycle: nowhere\.jpg cannot be read: there is no such file\n$/,
    );
    assert.equal(rowsOf(listed.stdout).length, 6);
  });

  test('a prediction is written before further names are known', async () => {
    let end: () => void = () => {};
    let asked = 0;
    const input = async function* () {
      yield 'pictures/valid/star/0005.jpg\n';
      // The list ends only when the first picture's line has come.
      await new Promise<void>((resolve) => {
        end = resolve;
      });
      yield 'pictures/valid/star/0006.jpg\n';
    };
    const watch = (stdout: string) => {
      if (stdout.includes('\n') && asked++ === 0) end();
    };
    const { code, stdout } = await run('predict out - --jsonl', { input: input(), watch });
    assert.equal(code, 0);
    assert.equal(rowsOf(stdout).length, 2);
  });

  test('--out is there whole or not at all', async () => {
    const whole = await run('predict out pictures/valid --csv --out results/all.csv');
    assert.equal(whole.code, 0, whole.stderr);
    assert.equal(whole.stdout, '');
    assert.equal((await readFile(join(root, 'results', 'all.csv'), 'utf8')).trimEnd().split('\n').length, 11);
    assert.deepEqual(await readdir(join(root, 'results')), ['all.csv']);
    const refused = await run('predict out pictures/valid --out results/all.csv/deep.txt');
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /^onecycle: results\/all\.csv\/deep\.txt cannot be written/);
  });

  test('--tta is of the picture alone', async () => {
    const star = 'pictures/valid/star/0005.jpg';
    const alone = await run(`predict out ${star} --tta --jsonl`);
    const among = await run(`predict out pictures/valid/circle ${star} --tta --jsonl --bs 4`);
    const [one] = rowsOf(alone.stdout);
    const last = rowsOf(among.stdout).at(-1);
    assert.equal(last?.file, star);
    assert.ok(Math.abs((one?.probability ?? 0) - (last?.probability ?? 1)) < 1e-5);
    const [plain] = rowsOf((await run(`predict out ${star} --jsonl`)).stdout);
    // The likelier class's may be rounded to 1.
    assert.notEqual(plain?.top.at(-1)?.probability, one?.top.at(-1)?.probability);
  });

  test('bad input is told', async () => {
    for (const [args, code, message] of [
      [
        'predict pictures x.jpg',
        1,
        /pictures holds no model\.onnx: it is not the folder of a run, or the run was stopped/,
      ],
      ['predict out x.jpg --json --csv', 2, /take --json or --csv, not both/],
      ['predict out x.jpg --bs 0', 2, /--bs must be a whole number/],
      ['predict out x.jpg --threshold 0.5', 2, /--threshold is for several labels a picture; out is single-label/],
      ['predict out cache', 1, /cache holds no pictures/],
    ] as const) {
      const finished = await run(args);
      assert.match(finished.stderr, message);
      assert.equal(finished.code, code);
    }
    assert.equal(existsSync(join(root, 'x.jpg')), false);
  });
});
