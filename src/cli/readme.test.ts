import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

/** Every block of code in the README runs, in order, in one folder: as a reader would type them, but smaller. */

const package_ = fileURLToPath(new URL('../..', import.meta.url));
const root = await mkdtemp(join(tmpdir(), 'onecycle-readme-'));
after(() => rm(root, { recursive: true }));

interface Block {
  readonly language: string;
  readonly run: boolean;
  readonly code: string;
}

function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(/^```(\S*)([^\n]*)\n(.*?)^```$/gms)].map(([, language = '', info = '', code = '']) => ({
    language,
    run: info.trim() !== 'no-run',
    code,
  }));
}

/** The same with few pictures, small, and rates given, so that it is a matter of seconds. */
function smaller(code: string): string {
  return code
    .replaceAll('npx onecycle', 'onecycle')
    .replaceAll('onecycle sample pictures', 'onecycle sample pictures --per-class 8')
    .replace(
      /^(onecycle train (?!--resume).*) --size 128/gm,
      '$1 --size 64 --bs 16 --limit-per-class 4 --epochs 1 --finetune-epochs 1 --lr 0.005 --finetune-lr 0.001',
    )
    .replaceAll('size: 128', 'size: 64, bs: 16, limitPerClass: 4')
    .replaceAll('0045.jpg', '0007.jpg')
    .replaceAll('lrFind()', 'lrFind({ numIt: 3 })')
    .replaceAll('fitOneCycle(3', 'fitOneCycle(1');
}

function run(command: string, args: readonly string[]): string {
  const path = `${join(root, 'bin')}${delimiter}${process.env.PATH}`;
  const env = { ...process.env, PATH: path };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, env, encoding: 'utf8' });
  assert.equal(status, 0, `${command} ${args.join(' ')}:\n${stdout}${stderr}`);
  return stdout;
}

const skip = process.platform === 'win32' ? 'the blocks are for a POSIX shell' : false;

test('the code in README.md runs', { skip }, async (t) => {
  const blocks = blocksOf(await readFile(join(package_, 'README.md'), 'utf8'));
  await mkdir(join(root, 'bin'));
  await mkdir(join(root, 'node_modules'));
  await symlink(package_, join(root, 'node_modules', 'onecycle'));
  await symlink(join(package_, 'node_modules', '@types'), join(root, 'node_modules', '@types'));
  const main = join(package_, 'dist', 'cli', 'main.js');
  await writeFile(join(root, 'bin', 'onecycle'), `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`);
  await chmod(join(root, 'bin', 'onecycle'), 0o755);
  await writeFile(join(root, 'package.json'), '{ "type": "module" }');

  assert.ok(blocks.filter((b) => b.run).length >= 5);
  for (const [i, { language, run: wanted, code }] of blocks.entries()) {
    const [firstLine = ''] = code.split('\n');
    const name = `${language}: ${firstLine}`;
    if (!wanted) continue;
    assert.ok(['ts', 'sh'].includes(language), `a block in "${language}" would not be tested`);
    await t.test(name, async () => {
      if (language === 'sh') {
        run('sh', ['-e', '-c', smaller(code)]);
        return;
      }
      await writeFile(join(root, `block${i}.ts`), smaller(code));
      const tsc = join(package_, 'node_modules', 'typescript', 'bin', 'tsc');
      const options = ['--module', 'nodenext', '--target', 'es2023', '--strict', '--skipLibCheck', '--types', 'node'];
      run(process.execPath, [tsc, ...options, `block${i}.ts`]);
      assert.notEqual(run(process.execPath, [`block${i}.js`]), '');
    });
  }
});
