import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import { generateSampleSet } from '../../data/index.js';
import { onecycle } from '../testing/command.js';

const cwd = await mkdtemp(join(tmpdir(), 'onecycle-runs-'));
after(() => rm(cwd, { recursive: true }));
const at = (...parts: string[]) => join(cwd, ...parts);
const run = (...args: string[]) => onecycle(args, { cwd, env: { ONECYCLE_HOME: at('home') } });

const COMMON = 'train pictures --arch simple_cnn --size 32 --bs 8 --workers 0 --lr 0.003 --epochs 2 --quiet'.split(' ');

const Estimate = z.object({ value: z.number(), low: z.number(), high: z.number() });
const Listed = z.array(
  z.object({
    name: z.string(),
    state: z.enum(['finished', 'running', 'stopped', 'broken']),
    started: z.iso.datetime(),
    command: z.string(),
    epochsDone: z.number(),
    score: z
      .object({ metric: z.literal('accuracy'), best: z.number(), last: Estimate, tta: Estimate.optional() })
      .optional(),
  }),
);
const Compared = z.object({
  options: z.array(z.object({ name: z.string(), values: z.array(z.string()) })),
  metrics: z.array(
    z.object({
      split: z.string(),
      metric: z.string(),
      tta: z.boolean(),
      values: z.array(
        z.object({
          run: z.string(),
          difference: z
            .object({ value: z.number(), by: z.string(), p: z.number().optional(), isNoise: z.boolean() })
            .optional(),
        }),
      ),
    }),
  ),
});

describe('onecycle runs', () => {
  before(async () => {
    await generateSampleSet(at('pictures'), { classes: ['circle', 'star'], perClass: 12, validPct: 1 / 3 });
    for (const [name, ...more] of [['plain'], ['mixed', '--mixup', '--no-tta', '--seed', '0']] as const) {
      const { code, stderr } = await run(...COMMON, ...more, '--out', `runs/${name}`);
      assert.equal(code, 0, stderr);
    }
    // As a run that was killed after its last epoch leaves its folder.
    await cp(at('runs', 'mixed'), at('runs', 'deep', 'stopped'), { recursive: true });
    await rm(at('runs', 'deep', 'stopped', 'summary.json'));
    await cp(at('runs', 'deep', 'stopped'), at('runs', 'cut'), { recursive: true });
    for (const name of ['checkpoint', 'checkpoint.previous'])
      await truncate(at('runs', 'cut', `${name}.safetensors`), 5000);
    await mkdir(at('runs', 'torn'));
    await writeFile(at('runs', 'torn', 'options.json'), '{ "onecycle":');
    await mkdir(at('runs', 'something else'));
  });

  test('lists runs with their states, accuracy and interval', async () => {
    const { code, stdout } = await run('runs', '--sort', 'name', '--long');
    assert.equal(code, 0);
    const [header = '', ...lines] = stdout.split('\n');
    assert.match(header, /^run +state +started +data +network +epochs +metric +best epoch +with TTA +time +seed$/);
    assert.deepEqual(
      lines.slice(0, 5).map((line) => line.split(/ {2,}/).slice(0, 2)),
      [
        ['cut', 'broken'],
        ['deep/stopped', 'stopped'],
        ['mixed', 'finished'],
        ['plain', 'finished'],
        ['torn', 'broken'],
      ],
    );
    assert.match(
      lines[3] ?? '',
      /pictures +simple_cnn +2\/2 +\d+\.\d % \(\d+\.\d to \d+\.\d\) +\d+\.\d % .*\d\d:\d\d +0$/,
    );
    assert.match(stdout, /^cut: .*checkpoint\.safetensors is cut off$/m);
    assert.match(stdout, /^torn: .*options\.json is damaged$/m);
    assert.match(stdout, /^plain: onecycle train pictures --arch simple_cnn .* --out runs\/plain$/m);
  });

  test('filters, sorts, and gives JSON and CSV', async () => {
    const { stdout } = await run('runs', '--json', '--state', 'finished', '--sort', 'metric');
    const listed = Listed.parse(JSON.parse(stdout));
    const tta = ({ score }: (typeof listed)[number]) => (score?.tta ?? score?.last)?.value ?? 0;
    assert.equal(listed.length, 2);
    assert.ok(listed.every((one, i) => i === 0 || tta(one) <= tta(listed[i - 1] ?? one)));
    const summary = JSON.parse(await readFile(at('runs', 'plain', 'summary.json'), 'utf8'));
    const plain = listed.find(({ name }) => name === 'plain');
    assert.deepEqual(plain?.score?.tta, summary.results[0].tta.accuracy);

    const csv = (await run('runs', 'runs', '--csv', '--name', 'deep')).stdout.trimEnd().split('\n');
    assert.match(csv[0] ?? '', /^name,path,state,started,data,arch,.*,command$/);
    assert.equal(csv.length, 2);
    assert.match(csv[1] ?? '', /^deep\/stopped,runs\/deep\/stopped,stopped,.*,2,2,accuracy,/);
    assert.equal((await run('runs', '--limit', '1', '--arch', 'resnet')).stdout, 'no runs in runs\n');
  });

  test('compares picture by picture, and by intervals where predictions are not there', async () => {
    const compared = await run('runs', 'compare', 'plain', 'runs/mixed', '--json', '--html', 'pages/two.html');
    assert.equal(compared.code, 0, compared.stderr);
    const { options, metrics } = Compared.parse(JSON.parse(compared.stdout));
    assert.deepEqual(options.map(({ name }) => name).sort(), ['mixup', 'tta']);
    const plain = metrics.find(({ tta }) => !tta);
    assert.deepEqual(
      plain?.values.map(({ run: name, difference }) => [name, difference?.by]),
      [
        ['plain', undefined],
        ['mixed', 'pictures'],
      ],
    );
    assert.equal(typeof plain?.values[1]?.difference?.p, 'number');

    const page = await readFile(at('pages', 'two.html'), 'utf8');
    assert.equal(page.match(/class="plot"/g)?.length, 4);
    assert.doesNotMatch(page, /<script|https?:\/\/(?!www\.w3\.org)/);
    for (const name of ['plain', 'mixed']) assert.match(page, new RegExp(`<th scope="row">${name}</th>`));

    await rm(at('runs', 'mixed', 'predictions.safetensors'));
    const { stdout } = await run('runs', 'compare', 'plain', 'mixed');
    assert.match(stdout, /^accuracy on the validation set$/m);
    assert.match(
      stdout,
      /^mixed +\d+\.\d % \(.*\) +[+−]\d+\.\d points \(.*\) +(within noise|better|worse) \(by intervals\)$/m,
    );
    const same = await run('runs', 'compare', 'plain', 'plain');
    assert.match(
      same.stdout,
      /All options are the same[\s\S]*\+0\.0 points .*within noise \(p = 1\.000, picture by picture\)/,
    );
  });

  test('bad input', async () => {
    for (const [args, code, message] of [
      [['train', 'pictures', '--from', 'nowhere'], 1, /--from nowhere: no run with a checkpoint, and no checkpoint/],
      [['train', 'pictures', '--from', 'runs/plain', '--weights', 'x.pth'], 2, /--weights or --from, not both/],
      [['runs', 'nowhere'], 1, /there is no folder nowhere with runs/],
      [['runs', '--sort', 'colour'], 2, /--sort must be one of date, name, metric, time/],
      [['runs', '--state', 'lost'], 2, /--state must be one of finished/],
      [['runs', '--json', '--csv'], 2, /--json or --csv, not both/],
      [['runs', 'compare', 'plain'], 2, /two runs or more/],
      [['runs', 'compare', 'plain', 'lost'], 1, /there is no run lost/],
      [['runs', 'compare', 'plain', 'pictures'], 1, /not the folder of a run: pictures/],
      [['runs', 'compare', 'plain', 'cut'], 1, /the run cut is broken: .*is cut off/],
      [['runs', 'compare', 'plain', 'mixed', '--metric', 'f2'], 1, /no run has been measured by f2/],
    ] as const) {
      const found = await run(...args);
      assert.equal(found.code, code, found.stderr);
      assert.match(found.stderr, message);
    }
  });
});
