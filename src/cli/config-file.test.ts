import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readConfig } from './config-file.js';
import { onecycle } from './testing/command.js';

const root = await mkdtemp(join(tmpdir(), 'onecycle-config-'));
after(() => rm(root, { recursive: true }));

async function written(name: string, text: string): Promise<string> {
  await writeFile(join(root, name), text);
  return join(root, name);
}

test('TypeScript is read, whatever its default export is, types and all', async () => {
  await written('base.ts', 'export interface Base { readonly seed: number }\nexport const base: Base = { seed: 1 };');
  const head = "import type { Base } from './base.ts';\nimport { base } from './base.ts';\n";
  const expected = { seed: 1, train: { epochs: 2 } };
  for (const [name, body] of [
    ['object.ts', 'export default { ...base, train: { epochs: 2 as number } } satisfies Base & { train: object };'],
    ['promise.ts', 'export default Promise.resolve({ ...base, train: { epochs: 2 } });'],
    ['function.mts', 'export default (): object => ({ ...base, train: { epochs: 2 } });'],
    [
      'async.ts',
      'const epochs: number = await Promise.resolve(2);\nexport default async (): Promise<Base> => ({ ...base, train: { epochs } } as Base);',
    ],
  ] as const) {
    const config = await readConfig(await written(name, `${head}${body}`));
    assert.deepEqual(config?.values, expected, name);
  }
});

test('the command takes onecycle.config.ts from the working folder', async () => {
  await written('onecycle.config.ts', 'export default { predict: { bs: 5 as number } };');
  const { code, stdout, stderr } = await onecycle(['predict', 'x', 'y', '--print-config'], { cwd: root });
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^bs +"5" {2}\(onecycle\.config\.ts\)$/m);
});

test('mistakes are told with their line', async () => {
  const second = (text: string) => `export const n = 1;\n${text}`;
  for (const [name, text, message] of [
    ['syntax.ts', second('export default { epochs 2 };'), /syntax\.ts cannot be read: .*syntax\.ts:2/],
    ['syntax.mjs', second('export default { epochs 2 };'), /syntax\.mjs cannot be read: .*syntax\.mjs:2/],
    ['syntax.json', '{\n  "epochs" 2 }', /syntax\.json cannot be read: .*syntax\.json:2:12: /],
    [
      'throws.ts',
      second("throw new Error('no such thing');"),
      /throws\.ts cannot be read: .*throws\.ts:2:7: no such thing/,
    ],
    ['throws.mjs', second('export default () => n.x.y;'), /throws\.mjs:2:2\d: Cannot read properties of undefined/],
    ['lacks.ts', second("import './nothing.ts';"), /lacks\.ts cannot be read: .*Cannot find module '.*nothing\.ts'/],
    ['empty.ts', 'export const n: number = 1;', /empty\.ts must hold an object of options, as its default export/],
    ['list.json', '[]', /list\.json must hold an object of options/],
  ] as const) {
    await assert.rejects(readConfig(await written(name, text)), message);
  }
});
