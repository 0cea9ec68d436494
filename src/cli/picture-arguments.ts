import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { glob, isDynamicPattern } from 'tinyglobby';
import { byCodePoint } from '../data/code-points.js';
import { findPictures } from '../data/node/scan.js';

/** A picture to look at, or why there is none. */
export type NamedPicture = { readonly file: string } | { readonly problem: string };

/**
 * The pictures that arguments name, in order: files, folders with all that is below them, patterns that the shell has not expanded, and `-` for
 * a list of files and folders on standard input, a line each.
 */
export async function* picturesNamed(given: readonly string[], input: Readable): AsyncGenerator<NamedPicture> {
  for (const argument of given) {
    if (argument !== '-') yield* expanded(argument);
    else
      for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY }))
        if (line !== '') yield* inPath(line);
  }
}

async function* expanded(argument: string): AsyncGenerator<NamedPicture> {
  // A file may be called so.
  if (!isDynamicPattern(argument) || (await stat(argument).catch(() => undefined)) !== undefined) {
    yield* inPath(argument);
    return;
  }
  const found = await glob([argument], { onlyFiles: true, expandDirectories: false, dot: false });
  if (found.length === 0) yield { problem: `no file matches ${argument}` };
  for (const file of found.sort(byCodePoint)) yield { file };
}

async function* inPath(path: string): AsyncGenerator<NamedPicture> {
  if ((await stat(path).catch(() => undefined))?.isDirectory() !== true) {
    yield { file: path };
    return;
  }
  const { pictures, unsupported } = await findPictures(path);
  for (const { file, reason } of unsupported) yield { problem: `${file} cannot be read: ${reason}` };
  if (pictures.length === 0) yield { problem: `${path} holds no pictures` };
  for (const file of pictures) yield { file };
}
