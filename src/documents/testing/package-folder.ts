import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** The package's folder. */
export const PACKAGE = fileURLToPath(new URL('../../..', import.meta.url));

/** README.md, and then the others for users, by their paths in the package. */
export async function userDocuments(): Promise<string[]> {
  const names = (await readdir(new URL('../../../docs', import.meta.url))).filter((name) => name.endsWith('.md'));
  return ['README.md', ...names.sort().map((name) => `docs/${name}`)];
}
