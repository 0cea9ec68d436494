import type { Dirent, Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { byCodePoint } from '../code-points.js';
import type { Skipped } from '../item.js';

/** Endings of files that are decoded. */
const PICTURES = new Set(
  '.jpg .jpeg .jpe .jfif .png .apng .webp .gif .tif .tiff .bmp .dib .avif .heic .heif'.split(' '),
);
/** Endings of pictures that are not: reported instead of passed over. What ends in .heic may be something else inside. */
const UNSUPPORTED = new Set('.jxl .jp2 .svg .psd'.split(' '));

/** Whether a file is decoded, by its name. */
export function isPictureName(name: string): boolean {
  return PICTURES.has(extname(name).toLowerCase());
}

/** What a folder holds directly, each list in code-point order; hidden names and `__MACOSX` are left out. */
export interface Listing {
  readonly folders: readonly string[];
  readonly pictures: readonly string[];
  /** Those of the pictures that are links. */
  readonly links: readonly string[];
  /** Pictures in formats that cannot be decoded. */
  readonly unsupported: readonly string[];
}

/** Lists a folder; links count as what they lead to, dead ones as nothing. */
export async function list(folder: string): Promise<Listing> {
  const folders: string[] = [];
  const pictures: string[] = [];
  const links: string[] = [];
  const unsupported: string[] = [];
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => byCodePoint(a.name, b.name))) {
    if (isHidden(entry.name)) continue;
    // Waiting once for each of a million entries would be most of the time.
    const kind = entry.isSymbolicLink() ? await kindBehind(join(folder, entry.name)) : kindOf(entry);
    if (kind === 'folder') folders.push(entry.name);
    else if (kind === 'file' && isPictureName(entry.name)) {
      pictures.push(entry.name);
      if (entry.isSymbolicLink()) links.push(entry.name);
    } else if (kind === 'file' && unsupportedReason(entry.name) !== undefined) unsupported.push(entry.name);
  }
  return { folders, pictures, links, unsupported };
}

/** Whether a name is of no picture or folder that a user means: hidden, or what macOS adds to archives. */
export function isHidden(name: string): boolean {
  return name.startsWith('.') || name === '__MACOSX';
}

export interface Found {
  readonly pictures: readonly string[];
  /** Those of the pictures that are links. */
  readonly links: readonly string[];
  readonly unsupported: readonly Skipped[];
}

/** The pictures in a folder and in the folders below it, as full paths; loops of links are followed once. */
export async function findPictures(folder: string): Promise<Found> {
  const pictures: string[] = [];
  const links: string[] = [];
  const unsupported: string[] = [];
  const seen = new Set<string>();
  const visit = async (path: string): Promise<void> => {
    const real = await realpath(path);
    if (seen.has(real)) return;
    seen.add(real);
    const listing = await list(path);
    // Joining each name as a path of its own would take as long as reading the folder.
    const start = join(path, 'x').slice(0, -1);
    for (const name of listing.pictures) pictures.push(start + name);
    for (const name of listing.links) links.push(start + name);
    for (const name of listing.unsupported) unsupported.push(join(path, name));
    for (const name of listing.folders) await visit(join(path, name));
  };
  await visit(folder);
  const skipped = unsupported.sort(byCodePoint).map((file) => ({ file, reason: unsupportedReason(file) ?? '' }));
  return { pictures: pictures.sort(byCodePoint), links, unsupported: skipped };
}

/** Why a picture in a format that cannot be decoded is left out; undefined for other files. */
export function unsupportedReason(file: string): string | undefined {
  const ending = extname(file).toLowerCase();
  if (!UNSUPPORTED.has(ending)) return undefined;
  return `${ending.slice(1).toUpperCase()} files cannot be decoded; convert it to JPEG or PNG`;
}

type Kind = 'folder' | 'file' | 'other';

export function kindOf(entry: Dirent | Stats): Kind {
  if (entry.isDirectory()) return 'folder';
  return entry.isFile() ? 'file' : 'other';
}

/** What a link leads to. */
export async function kindBehind(link: string): Promise<Kind> {
  const target = await stat(link).catch(() => undefined);
  return target === undefined ? 'other' : kindOf(target);
}
