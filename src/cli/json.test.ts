import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Command } from 'commander';
import { z } from 'zod';
import { program } from './program.js';
import { onecycle } from './testing/command.js';

const root = await mkdtemp(join(tmpdir(), 'onecycle-json-'));
after(() => rm(root, { recursive: true }));
const run = (args: string) => onecycle(args.split(' '), { cwd: root, env: { ONECYCLE_HOME: join(root, 'cache') } });

/** Commands that do something, but for those that only hold others. */
function working(command: Command): Command[] {
  const holds = command.commands.length > 0 && command.registeredArguments.length === 0;
  return [...(holds ? [] : [command]), ...command.commands.flatMap(working)];
}

test('every command has --json', () => {
  const commands = working(program());
  assert.ok(commands.length >= 17, String(commands.length));
  const without = commands.filter(({ options }) => !options.some(({ long }) => long === '--json'));
  assert.deepEqual(
    without.map((command) => command.name()),
    [],
  );
});

test('JSON is alone on standard output; what went wrong is on the other, with an exit code', async () => {
  const Sheet = z.object({
    ...{ file: z.literal('sheet.svg'), split: z.literal('valid'), epoch: z.literal(0), size: z.literal(32) },
    pictures: z.array(z.object({ file: z.string(), label: z.string() })).length(6),
  });
  for (const [args, schema] of [
    ['sample drawn --per-class 4 --json', z.object({ folder: z.literal('drawn'), classes: z.array(z.string()) })],
    ['data show drawn --size 32 --cols 3 --rows 2 --split valid --out sheet.svg --json', Sheet],
    ['completion fish --json', z.object({ shell: z.literal('fish'), script: z.string() })],
  ] as const) {
    const { code, stdout, stderr } = await run(args);
    assert.equal(code, 0, stderr);
    assert.ok(schema.safeParse(JSON.parse(stdout)).success, `${args}: ${stdout}`);
  }
  for (const args of ['sample drawn --json', 'data get cifar --json --quiet', 'data show nothing-there --json']) {
    const { code, stdout, stderr } = await run(args);
    assert.equal(stdout, '', args);
    assert.match(stderr, /^onecycle: /);
    assert.equal(code, 1);
  }
});
