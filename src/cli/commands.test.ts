import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { generateSampleSet } from '../data/index.js';
import { onecycle } from './testing/command.js';

const root = await mkdtemp(join(tmpdir(), 'onecycle-commands-'));
after(() => rm(root, { recursive: true }));
const run = (args: string, env: NodeJS.ProcessEnv = {}, cwd = root) =>
  onecycle(args.split(' '), { cwd, env: { ONECYCLE_HOME: join(root, 'cache'), ...env } });

before(() => generateSampleSet(join(root, 'pictures'), { classes: ['circle', 'star'], perClass: 6 }));

test('lr-find suggests rates, and draws the curve; nothing is trained', async () => {
  const args = 'lr-find pictures --arch simple_cnn --size 32 --bs 4 --num-it 12';
  const found = await run(`${args} --start-lr 1e-5 --out curve.svg --json --quiet`);
  assert.equal(found.code, 0, found.stderr);
  const { lrs, suggestion, trained } = z
    .object({ lrs: z.array(z.number()), suggestion: z.number(), trained: z.string() })
    .parse(JSON.parse(found.stdout));
  assert.ok(lrs.length > 1 && Math.abs((lrs[0] ?? 0) / 1e-5 - 1) < 1e-6);
  assert.ok(suggestion > 0);
  assert.equal(trained, 'head');
  assert.match(await readFile(join(root, 'curve.svg'), 'utf8'), /^<svg/);
  const shown = await run(`${args} --unfrozen --plot`);
  assert.match(shown.stdout, /suggested rate \d\.\d\de-\d/);
  assert.equal(existsSync(join(root, 'runs')), false);
  for (const [more, message] of [
    ['--out curve.pdf', /--out must end in \.svg or \.png/],
    ['--start-lr 20', /--start-lr must be below --end-lr/],
    ['--plot --json', /--plot draws on standard output/],
    ['--num-it 1', /--num-it must be a whole number/],
  ] as const) {
    const refused = await run(`${args} ${more}`);
    assert.match(refused.stderr, message);
    assert.equal(refused.code, 2);
  }
});

test('doctor looks at all it runs on; a cache folder that cannot be is a failure', async () => {
  const well = await run('doctor --json');
  assert.equal(well.code, 0, well.stdout);
  const { ok, checks } = z
    .object({ ok: z.boolean(), checks: z.array(z.object({ name: z.string(), state: z.enum(['ok', 'warn', 'fail']) })) })
    .parse(JSON.parse(well.stdout));
  assert.equal(ok, true);
  const looked = ['Node.js', 'ONNX Runtime', 'blocked layout', 'pictures', 'processor', 'memory', 'huge pages'];
  assert.deepEqual(
    checks.map(({ name }) => name),
    [...looked, 'weights', 'cache folder', 'downloads'],
  );
  await writeFile(join(root, 'file'), 'no folder');
  const ill = await run('doctor', { ONECYCLE_HOME: join(root, 'file'), ONECYCLE_OFFLINE: '1' });
  assert.equal(ill.code, 1);
  assert.match(ill.stdout, /^fail {2}cache folder .*\n +→ set ONECYCLE_HOME to a folder that you may write to$/m);
  assert.match(ill.stdout, /^ok {4}downloads +none: ONECYCLE_OFFLINE is set/m);
});

test('options come from flags, then the environment, then a file, then defaults', async () => {
  const folder = join(root, 'configured');
  await mkdir(folder);
  const Printed = z.record(z.string(), z.object({ value: z.unknown(), from: z.string() }));
  await writeFile(
    join(folder, 'onecycle.config.mjs'),
    "export default { seed: 3, bs: 8, train: { seed: 4, epochs: 2, tta: false, metrics: ['accuracy', 'f1'], mixup: 0.2 }, lrFind: { numIt: 7 } };",
  );
  const printed = await run('train x --epochs 5 --print-config --json', { ONECYCLE_BS: '16' }, folder);
  assert.equal(printed.code, 0, printed.stderr);
  const { epochs, bs, seed, tta, metrics, lr } = Printed.parse(JSON.parse(printed.stdout));
  const file = 'onecycle.config.mjs';
  assert.deepEqual(
    { epochs, bs, seed, tta, metrics, lr },
    {
      epochs: { value: '5', from: 'flag' },
      bs: { value: '16', from: 'ONECYCLE_BS' },
      seed: { value: '4', from: file },
      tta: { value: false, from: file },
      metrics: { value: 'accuracy,f1', from: file },
      lr: { value: 'auto', from: 'default' },
    },
  );
  const finder = await run('lr-find x --print-config', {}, folder);
  assert.match(finder.stdout, /^numIt +"7" {2}\(onecycle\.config\.mjs\)$/m);
  assert.match(finder.stdout, /^seed +"3" {2}\(onecycle\.config\.mjs\)$/m);
  const wrong = await run('train x --lr fast --print-config', {}, folder);
  assert.match(wrong.stderr, /--lr must be "auto" or a number above 0 and at most 10, not "fast"/);
  const resumed = await run('train --resume x', { ONECYCLE_EPOCHS: '9' }, folder);
  assert.match(resumed.stderr, /--resume x is not the folder of a run/);
});

test('what a file or the environment says wrong is told with its place', async () => {
  for (const [config, env, message] of [
    [{ train: { epoch: 2 } }, {}, /c\.json: there is no option "train\.epoch"; did you mean "epochs"\?/],
    [{ sed: 2 }, {}, /c\.json: there is no option "sed"; did you mean "seed"\?/],
    [{ data: { show: { epochs: 2 } } }, {}, /c\.json: there is no option "data\.show\.epochs"/],
    [{ epochs: -2 }, {}, /c\.json: epochs must be a whole number from 0 to 10000, not -2/],
    [{ train: { tta: 'perhaps' } }, {}, /c\.json: train\.tta must be true or false, not "perhaps"/],
    [{ arch: { name: 'x' } }, {}, /c\.json: arch must be text, a number or a list of them, not \{"name":"x"\}/],
    [{ predict: { bs: 0 } }, {}, /c\.json: predict\.bs must be a whole number from 1 to 4096, not 0/],
    [[], {}, /c\.json must hold an object of options/],
    [{}, { ONECYCLE_BS: 'many' }, /ONECYCLE_BS must be a whole number .*not "many"/],
  ] as const) {
    await writeFile(join(root, 'c.json'), JSON.stringify(config));
    const refused = await run('train pictures --config c.json', env);
    assert.match(refused.stderr, message);
    assert.equal(refused.code, 2);
  }
  await writeFile(join(root, 'c.json'), '{ words');
  const damaged = await run('train pictures --config c.json');
  assert.match(damaged.stderr, /c\.json cannot be read/);
  assert.match((await run('train pictures --config none.json')).stderr, /no such file: none\.json/);
});

test('completion: scripts that shells take, and bash completes by', async (t) => {
  const { stdout: script } = await run('completion bash');
  await writeFile(join(root, 'completion.bash'), script);
  assert.match((await run('completion tcsh')).stderr, /there is no completion for tcsh; there is for bash, zsh, fish/);
  if (spawnSync('bash', ['--version']).status !== 0) {
    t.skip('there is no bash here');
    return;
  }
  const complete = (...words: string[]) => {
    const line = words.map((word) => `'${word}'`).join(' ');
    const program = `source completion.bash; COMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; _onecycle; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return spawnSync('bash', ['-c', program], { cwd: root, encoding: 'utf8' }).stdout.trim().split('\n');
  };
  assert.deepEqual(complete('onecycle', 'ev'), ['evaluate']);
  assert.deepEqual(complete('onecycle', 'data', 'sh'), ['show']);
  assert.deepEqual(complete('onecycle', 'data', 'show', '--spl'), ['--split']);
  assert.ok(complete('onecycle', 'train', '--arch', 'resnet').includes('resnet50'));
  assert.deepEqual(complete('onecycle', 'export', 'x', '--format', ''), ['float32', 'float16', 'int8']);
  assert.ok(complete('onecycle', 'train', 'pic').includes('pictures'));
  for (const shell of ['zsh', 'fish']) {
    const { stdout } = await run(`completion ${shell}`);
    await writeFile(join(root, `completion.${shell}`), stdout);
    assert.match(stdout, shell === 'zsh' ? /bashcompinit/ : /^complete -c onecycle .*-a train/m);
    if (spawnSync(shell, ['--version']).status !== 0) continue;
    const checked = spawnSync(shell, ['-n', join(root, `completion.${shell}`)], { encoding: 'utf8' });
    assert.equal(checked.status, 0, checked.stderr);
  }
});
