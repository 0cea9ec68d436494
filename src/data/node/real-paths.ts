import { type Dirent, realpathSync, statSync } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { UserError } from '../../core/errors.js';
import type { SplitName } from '../batch.js';
import type { LabelledFiles } from '../item.js';
import { SPLITS } from '../item-set.js';

/** The positions of files that are not there. A folder is read once, which is far quicker than a look at each file. */
export async function findMissing(files: readonly string[]): Promise<number[]> {
  const missing: number[] = [];
  for (const [folder, positions] of byFolder(files)) {
    const names = new Set((await entriesOf(folder)).filter((entry) => entry.isFile()).map(({ name }) => name));
    for (const at of positions) {
      const file = files[at] ?? '';
      // Links, and names that are written in another way and mean the same, are looked at one by one.
      if (!names.has(nameOf(file)) && statSync(file, { throwIfNoEntry: false })?.isFile() !== true) missing.push(at);
    }
  }
  return missing.sort((a, b) => a - b);
}

/** Those of the files that are links. */
export async function findLinks(files: readonly string[]): Promise<string[]> {
  const links: string[] = [];
  for (const [folder, positions] of byFolder(files)) {
    const names = new Set((await entriesOf(folder)).filter((entry) => entry.isSymbolicLink()).map(({ name }) => name));
    if (names.size === 0) continue;
    for (const at of positions) if (names.has(nameOf(files[at] ?? ''))) links.push(files[at] ?? '');
  }
  return links;
}

/** Where files are behind all links, [n]. */
export async function realPaths(files: readonly string[], links: ReadonlySet<string>): Promise<string[]> {
  const real = [...files];
  for (const [folder, positions] of byFolder(files)) {
    const path = await realpath(folder);
    for (const at of positions) {
      const file = files[at] ?? '';
      if (links.has(file)) real[at] = realpathSync(file);
      else if (path !== folder) real[at] = join(path, nameOf(file));
    }
  }
  return real;
}

/** A picture that is both learnt and measured on makes the measure worthless: a UserError names it. */
export async function assertApart({ splits, links }: Pick<LabelledFiles, 'splits' | 'links'>): Promise<void> {
  const files = SPLITS.flatMap((split) => splits[split].map(({ file }) => file));
  const splitOf = SPLITS.flatMap((split) => splits[split].map(() => split));
  const known = links ?? new Set(await findLinks(files));
  const suspects = known.size > 0 ? [...files.keys()] : await inSharedFolders(files, splitOf);
  const paths = await realPaths(
    suspects.map((at) => files[at] ?? ''),
    known,
  );
  const owner = new Map<string, number>();
  suspects.forEach((at, i) => {
    const path = paths[i] ?? '';
    const other = owner.get(path);
    if (other === undefined) owner.set(path, at);
    else if (splitOf[other] !== splitOf[at]) {
      const same = files[other] === files[at] ? '' : `, as ${files[other]}`;
      throw new UserError(
        `${files[at]} is in the ${splitOf[at]} split and in the ${splitOf[other]} split${same}: a picture must be in one only`,
      );
    }
  });
}

/** The positions of files in folders that hold pictures of more than one split: no others can be the same picture, without links. */
async function inSharedFolders(files: readonly string[], splitOf: readonly SplitName[]): Promise<number[]> {
  const folders = new Map<string, number[][]>();
  for (const [folder, positions] of byFolder(files)) {
    const path = await realpath(folder);
    folders.set(path, [...(folders.get(path) ?? []), positions]);
  }
  const shared = [...folders.values()]
    .map((parts) => parts.flat())
    .filter(([first = 0, ...others]) => others.some((at) => splitOf[at] !== splitOf[first]));
  return shared.flat();
}

function entriesOf(folder: string): Promise<Dirent[]> {
  return readdir(folder, { withFileTypes: true }).catch(() => []);
}

function byFolder(files: readonly string[]): Map<string, number[]> {
  const folders = new Map<string, number[]>();
  // Neighbours are mostly of one folder, and taking a path apart is slow.
  let start = '';
  let same: number[] = [];
  files.forEach((file, i) => {
    const now = file.slice(0, file.length - nameOf(file).length);
    if (i === 0 || now !== start) {
      start = now;
      const folder = dirname(file);
      same = folders.get(folder) ?? [];
      folders.set(folder, same);
    }
    same.push(i);
  });
  return folders;
}

function nameOf(file: string): string {
  return file.slice(Math.max(file.lastIndexOf('/'), file.lastIndexOf(sep)) + 1);
}
