import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { PACKAGE } from './package-folder.js';

const TSC = join(PACKAGE, 'node_modules', 'typescript', 'bin', 'tsc');

/** A project of somebody who has installed the package: `onecycle` can be imported, and called in a shell. */
export class Reader {
  private constructor(readonly folder: string) {}

  static async create(): Promise<Reader> {
    const folder = await mkdtemp(join(tmpdir(), 'onecycle-reader-'));
    await mkdir(join(folder, 'bin'));
    await mkdir(join(folder, 'node_modules'));
    await symlink(PACKAGE, join(folder, 'node_modules', 'onecycle'));
    await symlink(join(PACKAGE, 'node_modules', '@types'), join(folder, 'node_modules', '@types'));
    const main = join(PACKAGE, 'dist', 'cli', 'main.js');
    await writeFile(join(folder, 'bin', 'onecycle'), `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`);
    await chmod(join(folder, 'bin', 'onecycle'), 0o755);
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
    return new Reader(folder);
  }

  /** Compiles TypeScript files strictly, and gives what the compiler has to say: nothing if all is well. */
  compile(files: readonly string[]): string {
    const options = ['--module', 'nodenext', '--target', 'es2023', '--strict', '--skipLibCheck', '--types', 'node'];
    return this.#spawn('.', process.execPath, [TSC, ...options, '--sourceMap', '--pretty', 'false', ...files]).stdout;
  }

  /** Runs a program in a folder of the project, and gives what it prints; `what` names it if it fails. */
  run(what: string, cwd: string, command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): string {
    const { status, stdout, stderr } = this.#spawn(cwd, command, args, env);
    assert.equal(status, 0, `${what} exits with ${status}:\n${stdout}${stderr}`);
    return stdout;
  }

  runJs(what: string, cwd: string, file: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): string {
    return this.run(what, cwd, process.execPath, ['--enable-source-maps', file, ...args], env);
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true });
  }

  #spawn(cwd: string, command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const path = `${join(this.folder, 'bin')}${delimiter}${process.env.PATH}`;
    const options = { cwd: join(this.folder, cwd), env: { ...process.env, ...env, PATH: path } } as const;
    return spawnSync(command, args, { ...options, encoding: 'utf8' });
  }
}
