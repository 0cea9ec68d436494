import { realpathSync, statSync } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../../core/errors.js';
import type { SplitName } from '../batch.js';
import type { Item } from '../item.js';
import { SPLITS } from '../item-set.js';

/** The positions of files that are not there. A folder is read once, which is far quicker than a look at each file. */
export async function findMissing(files: readonly string[]): Promise<number[]> {
  const missing: number[] = [];
  for (const [folder, positions] of byFolder(files)) {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    const names = new Set(entries.filter((entry) => entry.isFile()).map(({ name }) => name));
    for (const at of positions) {
      const file = files[at] ?? '';
      // Links, and names that are written in another way and mean the same, are looked at one by one.
      if (!names.has(basename(file)) && statSync(file, { throwIfNoEntry: false })?.isFile() !== true) missing.push(at);
    }
  }
  return missing.sort((a, b) => a - b);
}

/** Where files are behind all links, [n]. */
export async function realPaths(files: readonly string[]): Promise<string[]> {
  const real = [...files];
  for (const [folder, positions] of byFolder(files)) {
    const [entries, path] = await Promise.all([readdir(folder, { withFileTypes: true }), realpath(folder)]);
    const links = new Set(entries.filter((entry) => entry.isSymbolicLink()).map(({ name }) => name));
    for (const at of positions) {
      const file = files[at] ?? '';
      if (links.has(basename(file))) real[at] = realpathSync(file);
      else if (path !== folder) real[at] = join(path, basename(file));
    }
  }
  return real;
}

/** A picture that is both learnt and measured on makes the measure worthless: a UserError names it. */
export async function assertApart(splits: Readonly<Record<SplitName, readonly Item[]>>): Promise<void> {
  const owner = new Map<string, { split: SplitName; file: string }>();
  for (const split of SPLITS) {
    const files = splits[split].map(({ file }) => file);
    const paths = await realPaths(files);
    paths.forEach((path, i) => {
      const other = owner.get(path);
      const file = files[i] ?? '';
      if (other === undefined) owner.set(path, { split, file });
      else if (other.split !== split) {
        const same = other.file === file ? '' : `, as ${other.file}`;
        throw new UserError(
          `${file} is in the ${split} split and in the ${other.split} split${same}: a picture must be in one only`,
        );
      }
    });
  }
}

function byFolder(files: readonly string[]): Map<string, number[]> {
  const folders = new Map<string, number[]>();
  files.forEach((file, i) => {
    const folder = dirname(file);
    const same = folders.get(folder);
    if (same === undefined) folders.set(folder, [i]);
    else same.push(i);
  });
  return folders;
}
