import assert from 'node:assert/strict';
import { copyFile, cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { z } from 'zod';
import { generateSampleSet } from '../data/index.js';
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

test('data check says what is wrong with how it is called', async () => {
  await mkdir(join(root, 'empty'));
  for (const [args, expected, message] of [
    ['data check', 2, /missing required argument/],
    ['data check nowhere', 1, /There is no folder or archive nowhere/],
    ['data check empty', 1, /empty holds no folders of classes/],
    ['data check good --valid test', 1, /no folder "test" for validation/],
    ['data check good --html good', 1, /good cannot be written/],
    ['data check good --strickt', 2, /unknown option '--strickt'/],
  ] as const) {
    const { code, stdout, stderr } = await run(args);
    assert.match(stderr, message, args);
    assert.doesNotMatch(stderr, /unexpected/);
    assert.equal(code, expected, args);
    assert.equal(stdout, '');
  }
});
