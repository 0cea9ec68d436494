import assert from 'node:assert/strict';
import { copyFile, cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import sharp from 'sharp';
import { z } from 'zod';
import { generateSampleSet } from '../data/index.js';
import { modelOf } from '../graph/model.js';
import { writeModel } from '../graph/onnx.js';
import { float32, type Graph, type Node } from '../graph/types.js';
import { onecycle } from './testing/command.js';

const root = await mkdtemp(join(tmpdir(), 'onecycle-check-'));
after(() => rm(root, { recursive: true }));
const run = (args: string) => onecycle(args.split(' '), { cwd: root, env: { ONECYCLE_HOME: join(root, 'cache') } });

await generateSampleSet(join(root, 'good'), { classes: ['dots', 'star'], perClass: 4 });
await generateSampleSet(join(root, 'twice'), { classes: ['dots', 'star'], perClass: 4 });
await copyFile(join(root, 'twice/train/dots/0000.jpg'), join(root, 'twice/train/dots/again.jpg'));
await generateSampleSet(join(root, 'bad'), { classes: ['dots', 'star'], perClass: 4 });
await copyFile(join(root, 'bad/train/dots/0001.jpg'), join(root, 'bad/valid/star/leak.jpg'));
await writeFile(join(root, 'bad/train/dots/empty.jpg'), '');

test('data check prints tables and findings; errors give exit code 1, warnings do with --strict', async () => {
  const good = await run('data check good --strict');
  assert.equal(good.code, 0, good.stderr);
  assert.match(good.stdout, /^class +train +valid\ndots +3 +1\nstar +3 +1\nall +6 +2\n/);
  assert.match(good.stdout, /^width, px +(\d+ +){4}\d+$/m);
  assert.match(good.stdout, /^formats: jpeg 8$/m);
  assert.match(good.stdout, /\nnothing wrong was found\n$/);

  const twice = await run('data check twice');
  assert.equal(twice.code, 0);
  assert.match(twice.stdout, /warning: train\/dots\/0000\.jpg, train\/dots\/again\.jpg are the same file\n/);
  assert.equal((await run('data check twice --strict')).code, 1);

  const bad = await run('data check bad');
  assert.equal(bad.code, 1);
  assert.match(bad.stdout, /error: train\/dots\/empty\.jpg: is empty/);
  assert.match(bad.stdout, /leak\.jpg are the same file, in more than one split, under different labels/);
  assert.match(bad.stdout, /\n2 errors, 0 warnings\n$/);
});

test('data check --json gives the report', async () => {
  const { code, stdout } = await run('data check bad --json');
  assert.equal(code, 1);
  const Report = z.object({
    classes: z.tuple([z.literal('dots'), z.literal('star')]),
    pictures: z.literal(10),
    findings: z.array(
      z.object({
        kind: z.string(),
        severity: z.string(),
        message: z.string(),
        files: z.array(z.object({ file: z.string() })),
      }),
    ),
    errors: z.literal(2),
  });
  const { findings } = Report.parse(JSON.parse(stdout));
  assert.deepEqual(
    findings.map(({ kind }) => kind),
    ['corrupt', 'duplicate'],
  );
});

test('data check --html writes one page that needs nothing else', async () => {
  await cp(join(root, 'bad'), join(root, 'odd'), { recursive: true });
  await rename(join(root, 'odd/train/star'), join(root, 'odd/train/a&b "c"'));
  await rename(join(root, 'odd/valid/star'), join(root, 'odd/valid/a&b "c"'));
  const { code, stderr } = await run('data check odd --html pages/odd.html');
  assert.equal(code, 1, stderr);
  const page = await readFile(join(root, 'pages/odd.html'), 'utf8');
  assert.match(page, /^<!doctype html>/);
  assert.doesNotMatch(page, /<script|https?:|src="(?!data:)|a&b/);
  assert.match(page, /a&amp;b &quot;c&quot;/);
  assert.equal(page.match(/<img src="data:image\/webp;base64,[\w+/=]+" alt=/g)?.length, 2);
  assert.equal(page.match(/class="none"/g)?.length, 1);
});

/** A model that tells dark pictures from light ones, in the folder of a run on the pictures in `data`. */
async function brightness(run: string, task: string): Promise<void> {
  const node = (op: string, inputs: string[], output: string): Node => ({
    ...{ op, domain: '', name: output, inputs, outputs: [output], attributes: {} },
  });
  const graph: Graph = {
    name: 'brightness',
    inputs: [{ name: 'image', dtype: 'float32', dims: ['batch', 3, 8, 8] }],
    outputs: [{ name: 'probabilities', dtype: 'float32', dims: ['batch', 2] }],
    nodes: [
      node('GlobalAveragePool', ['image'], 'mean'),
      node('Flatten', ['mean'], 'flat'),
      node('Gemm', ['flat', 'w', 'b'], 'logits'),
      node('Softmax', ['logits'], 'probabilities'),
    ],
    initializers: new Map([
      ['w', float32([3, 2], [-20, 20, -20, 20, -20, 20])],
      ['b', float32([2], [30, -30])],
    ]),
    valueInfo: new Map(),
  };
  const metadata = {
    'onecycle.classes': '["dark","light"]',
    'onecycle.size': '8',
    'onecycle.task': task,
  };
  await writeFile(join(root, run, 'model.onnx'), writeModel(modelOf(graph, metadata)));
}

test('data check --model finds labels that a model doubts, and says whether it was trained on these pictures', async () => {
  for (const [label, grey] of [
    ['dark', 40],
    ['light', 210],
  ] as const) {
    await mkdir(join(root, 'greys', label), { recursive: true });
    for (const i of [0, 1, 2]) {
      const create = { width: 9, height: 8, channels: 3, background: { r: grey + 2 * i, g: grey, b: grey } } as const;
      await sharp({ create })
        .png()
        .toFile(join(root, 'greys', label, `${i}.png`));
    }
  }
  await rename(join(root, 'greys/light/2.png'), join(root, 'greys/dark/wrong.png'));
  await mkdir(join(root, 'run'));
  await brightness('run', 'single-label');
  const unknown = await run('data check greys --model run/model.onnx --html greys.html');
  assert.equal(unknown.code, 0, unknown.stderr);
  assert.match(unknown.stdout, /^model: agrees with 83\.3 % of 6 labels$/m);
  assert.match(unknown.stdout, /^note: whether the model was trained on some of these pictures is not known/m);
  const doubt = 'wrong.png: is labelled dark (below 0.1 % by the model), which takes it for light (100.0 %)';
  assert.ok(unknown.stdout.includes(`\nSuspicious labels (1)\n  warning: dark/${doubt}\n`), unknown.stdout);
  const page = await readFile(join(root, 'greys.html'), 'utf8');
  assert.match(page, /<img src="data:image\/webp[^>]+alt="dark, all"[^>]*>.*wrong\.png.*takes it for light/);

  await writeFile(join(root, 'run', 'options.json'), JSON.stringify({ options: { data: join(root, 'greys') } }));
  const { stdout } = await run('data check greys --model run --json');
  const Report = z.object({
    model: z.object({
      pictures: z.literal(6),
      unknown: z.array(z.string()).length(0),
      notes: z.tuple([z.string().regex(/^the model was trained on these very pictures/)]),
    }),
    findings: z.tuple([z.object({ kind: z.literal('suspicious-label'), suggested: z.literal('light') })]),
  });
  Report.parse(JSON.parse(stdout));

  await mkdir(join(root, 'several'));
  await brightness('several', 'multi-label');
  for (const [args, message] of [
    ['--model several', /is a model for multi-label; labels are judged by/],
    ['--model good', /good holds no model\.onnx: it is not the folder of a run/],
  ] as const) {
    const { code, stderr } = await run(`data check greys ${args}`);
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /unexpected/);
    assert.equal(code, 1);
  }
  assert.match((await run('data check good --model run')).stderr, /knows none of the labels of .*"dots", "star"/);
});

test('data check takes a table, and a pattern, as train does', async () => {
  const rows = ['file;kinds;is_valid', 'train/dots/0000.jpg;dots,round;no', 'valid/dots/0003.jpg;dots;yes'];
  await writeFile(join(root, 'good', 'kinds.csv'), rows.join('\n'));
  const table = await run('data check good/kinds.csv --label-delim , --valid-col is_valid');
  assert.equal(table.code, 0, table.stderr);
  assert.match(table.stdout, /^class +train +valid\ndots +1 +1\nround +1 +0\nall +1 +1\n/);
  const words = ['image_name,tags', '0000,round small', '0001,round'];
  await writeFile(join(root, 'good', 'words.csv'), words.join('\n'));
  const named = ['good/train/dots', '--csv', 'good/words.csv', '--suffix', '.jpg', '--label-delim', ' '];
  const spaces = await onecycle(['data', 'check', ...named], { cwd: root });
  assert.match(spaces.stdout, /^class +pictures\nround +2\nsmall +1\nall +2\n/);
  const pattern = await run('data check good --label-re (dots|star)');
  assert.match(pattern.stdout, /^class +pictures\ndots +4\nstar +4\nall +8\n/);
});

test('data check says what is wrong with how it is called', async () => {
  await mkdir(join(root, 'empty'));
  for (const [args, expected, message] of [
    ['data check', 2, /missing required argument/],
    ['data check nowhere', 1, /There is no folder or archive .*nowhere/],
    ['data check empty', 1, /empty holds no folders of classes/],
    ['data check good --valid test', 1, /no folder "test" for validation/],
    ['data check good --html good', 1, /good cannot be written/],
    ['data check good --label-col kind --label-re (dots)', 2, /--label-re and --label-col contradict each other/],
    ['data check good --valid-col set', 2, /--valid-col needs a CSV file/],
    ['data check camvid_tiny', 1, /camvid_tiny cannot be trained on by its name: it has a class for each pixel/],
    ['data check good --strickt', 2, /unknown option '--strickt'/],
  ] as const) {
    const { code, stdout, stderr } = await run(args);
    assert.match(stderr, message, args);
    assert.doesNotMatch(stderr, /unexpected/);
    assert.equal(code, expected, args);
    assert.equal(stdout, '');
  }
});
