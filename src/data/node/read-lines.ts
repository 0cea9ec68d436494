import { readFile } from 'node:fs/promises';
import { codeOf, messageOf, UserError } from '../../core/errors.js';

/** The lines of a text file without spaces around them, empty ones left out. */
export async function readLines(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') throw new UserError(`There is no file ${path}`);
    throw new UserError(`${path} cannot be read: ${messageOf(error)}`, { cause: error });
  });
  const lines = text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (lines.length === 0) throw new UserError(`${path} names no files`);
  return lines;
}
