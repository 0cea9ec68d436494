import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { byCodePoint } from '../code-points.js';
import { splitOfWord } from '../split-names.js';
import { isHidden } from './scan.js';

/** What lies where a set keeps files that are not pictures. */
export interface Places {
  /** Full paths, in code-point order. */
  readonly files: readonly string[];
  /** Whether there are folders that may be classes. */
  readonly hasOtherFolders: boolean;
}

/** Folders around those of the splits. */
const WRAPPERS = ['data', 'default'];

/** The files in a folder, in the folders of its splits, and in `data`, but not those of classes, which may be millions. */
export async function placesIn(folder: string, depth = 3): Promise<Places> {
  const files: string[] = [];
  let hasOtherFolders = false;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (isHidden(entry.name)) continue;
    const path = join(folder, entry.name);
    if (!(await isFolder(entry, path))) files.push(path);
    else if (depth > 0 && (WRAPPERS.includes(entry.name) || splitOfWord(entry.name) !== undefined)) {
      const inner = await placesIn(path, depth - 1);
      files.push(...inner.files);
      hasOtherFolders ||= inner.hasOtherFolders;
    } else hasOtherFolders = true;
  }
  return { files: files.sort(byCodePoint), hasOtherFolders };
}

/** Links count as what they lead to. */
async function isFolder(entry: Dirent, path: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}

/** Goes into folders that hold nothing but one other folder. */
export async function innermost(folder: string): Promise<string> {
  const entries = (await readdir(folder, { withFileTypes: true })).filter(({ name }) => !isHidden(name));
  const [only] = entries;
  return entries.length === 1 && only?.isDirectory() ? innermost(join(folder, only.name)) : folder;
}
