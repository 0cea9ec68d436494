import { readdir, stat } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { UserError } from '../../core/errors.js';
import type { RunFacts } from '../../report/index.js';
import { isFile } from '../../runtime/node/files.js';
import { FILES } from '../run-folder.js';
import { readRun } from './read-run.js';

/** Folders are looked through so far below the first one. */
const DEPTH = 3;

/**
 * All runs in a folder and below it, or the one that it is.
 *
 * @throws {UserError} if there is no such folder
 */
export async function findRuns(folder: string): Promise<RunFacts[]> {
  const found = await stat(folder).catch(() => undefined);
  if (found === undefined || !found.isDirectory()) throw new UserError(`there is no folder ${folder} with runs`);
  const paths = await runFolders(folder, DEPTH);
  return Promise.all(
    paths.map((path) => readRun(path, relative(folder, path).replaceAll('\\', '/') || basename(resolve(folder)))),
  );
}

async function runFolders(folder: string, depth: number): Promise<string[]> {
  if (await isFile(join(folder, FILES.options))) return [folder];
  if (depth === 0) return [];
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const below: string[] = [];
  for (const entry of entries.filter((e) => e.isDirectory()).sort((a, b) => a.name.localeCompare(b.name))) {
    below.push(...(await runFolders(join(folder, entry.name), depth - 1)));
  }
  return below;
}
