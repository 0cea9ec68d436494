import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';

/** Endings of files that are decoded. */
const PICTURES = new Set(
  '.jpg .jpeg .jpe .jfif .png .apng .webp .gif .tif .tiff .bmp .dib .avif .heic .heif'.split(' '),
);
/** Endings of pictures that are not: reported instead of passed over. What ends in .heic may be something else inside. */
const UNSUPPORTED = new Set('.jxl .jp2 .svg .psd'.split(' '));

/** What a folder holds directly, each list in code-point order; hidden names and `__MACOSX` are left out. */
export interface Listing {
  readonly folders: readonly string[];
  readonly pictures: readonly string[];
  /** Pictures in formats that cannot be decoded. */
  readonly unsupported: readonly string[];
}

/** Lists a folder; links count as what they lead to, dead ones as nothing. */
export async function list(folder: string): Promise<Listing> {
  const folders: string[] = [];
  const pictures: string[] = [];
  const unsupported: string[] = [];
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => byCodePoint(a.name, b.name))) {
    if (isHidden(entry.name)) continue;
    const kind = await kindOf(folder, entry);
    const ending = extname(entry.name).toLowerCase();
    if (kind === 'folder') folders.push(entry.name);
    else if (kind === 'file' && PICTURES.has(ending)) pictures.push(entry.name);
    else if (kind === 'file' && UNSUPPORTED.has(ending)) unsupported.push(entry.name);
  }
  return { folders, pictures, unsupported };
}

/** Whether a name is of no picture or folder that a user means: hidden, or what macOS adds to archives. */
export function isHidden(name: string): boolean {
  return name.startsWith('.') || name === '__MACOSX';
}

/** The pictures in a folder and in the folders below it, as full paths; loops of links are followed once. */
export async function findPictures(folder: string): Promise<{ pictures: string[]; unsupported: string[] }> {
  const pictures: string[] = [];
  const unsupported: string[] = [];
  const seen = new Set<string>();
  const visit = async (path: string): Promise<void> => {
    const real = await realpath(path);
    if (seen.has(real)) return;
    seen.add(real);
    const listing = await list(path);
    for (const name of listing.pictures) pictures.push(join(path, name));
    for (const name of listing.unsupported) unsupported.push(join(path, name));
    for (const name of listing.folders) await visit(join(path, name));
  };
  await visit(folder);
  return { pictures: pictures.sort(byCodePoint), unsupported: unsupported.sort(byCodePoint) };
}

/** Orders strings by their code points, the same on every machine whatever its language. */
export function byCodePoint(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

/** Puts surrogates, which stand for the highest code points, above all other UTF-16 units. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

async function kindOf(folder: string, entry: Dirent): Promise<'folder' | 'file' | 'other'> {
  if (entry.isDirectory()) return 'folder';
  if (entry.isFile()) return 'file';
  if (!entry.isSymbolicLink()) return 'other';
  const target = await stat(join(folder, entry.name)).catch(() => undefined);
  if (target?.isDirectory()) return 'folder';
  return target?.isFile() ? 'file' : 'other';
}
