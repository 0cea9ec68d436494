import { readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import type { SetLayout } from '../known-sets.js';
import { splitOfFolder } from '../split-names.js';
import { METADATA_NAMES, metadataLine } from './metadata-file.js';
import { findPictures } from './scan.js';

const LISTS = { 'train.txt': 'train', 'valid.txt': 'validation', 'test.txt': 'test' } as const;

/**
 * Writes what the pictures of a known set show into a `metadata.jsonl` in its folder, so that it is read as any other. Where nothing
 * is as it should be, no file is written.
 */
export async function describeSet(folder: string, layout: SetLayout): Promise<void> {
  const lines = layout.kind === 'lists' ? await listed(folder, layout) : await found(folder, layout);
  if (lines.length > 0) await writeFile(join(folder, METADATA_NAMES[0]), lines.join(''));
}

async function listed(folder: string, layout: Extract<SetLayout, { kind: 'lists' }>): Promise<string[]> {
  const lines: string[] = [];
  for (const [list, split] of Object.entries(LISTS)) {
    // Not every set has all three.
    const text = await readFile(join(folder, list), 'utf8').catch(() => '');
    for (const line of text.split('\n')) {
      const [path, label] = line.trim().split(/\s+/);
      if (path === undefined || path === '') continue;
      lines.push(metadataLine(slashed(join(layout.folder, path + layout.ending)), label ?? dirname(path), split));
    }
  }
  return lines;
}

async function found(folder: string, layout: Exclude<SetLayout, { kind: 'lists' }>): Promise<string[]> {
  const { pictures } = await findPictures(layout.kind === 'parents' ? folder : join(folder, layout.folder)).catch(
    () => ({ pictures: [] }),
  );
  return pictures.flatMap((file) => {
    const name = slashed(relative(folder, file));
    if (layout.kind === 'folders') return metadataLine(name, basename(dirname(file)));
    if (layout.kind === 'parents') return metadataLine(name, basename(dirname(file)), splitOfFolder(name));
    const label = layout.pattern.exec(basename(file))?.[1];
    return label === undefined ? [] : metadataLine(name, label);
  });
}

function slashed(path: string): string {
  return path.split(sep).join('/');
}
