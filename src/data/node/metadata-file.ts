import { readFile } from 'node:fs/promises';
import { messageOf, UserError } from '../../core/errors.js';
import type { Row } from '../block/listed.js';
import { readCsv } from './read-csv.js';

/** Files that tell what the pictures of a folder show, as Hugging Face's `imagefolder` has them; the first is what is written here. */
export const METADATA_NAMES = ['metadata.jsonl', 'metadata.csv'] as const;

export interface Metadata {
  readonly path: string;
  readonly rows: readonly Row[];
  readonly columns: readonly string[];
}

/** A line of metadata.jsonl for a picture whose path is seen from the file's folder. */
export function metadataLine(file: string, label: string, split?: string): string {
  return `${JSON.stringify({ file_name: file, label, ...(split === undefined ? {} : { split }) })}\n`;
}

/** Reads the rows of a file of metadata. Throws a UserError that names the line that is no good. */
export async function readMetadata(path: string): Promise<Metadata> {
  if (path.endsWith('.csv')) return { path, ...(await readCsv(path)) };
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new UserError(`${path} cannot be read: ${messageOf(error)}`);
  });
  const rows = text
    .split('\n')
    .flatMap((line, i) => (line.trim() === '' ? [] : [rowOf(line, `${path}, line ${i + 1}`)]));
  return { path, rows, columns: [...new Set(rows.flatMap((row) => Object.keys(row)))] };
}

function rowOf(line: string, where: string): Row {
  try {
    const row: unknown = JSON.parse(line);
    if (typeof row === 'object' && row !== null && !Array.isArray(row)) return { ...row };
  } catch (error) {
    throw new UserError(`${where} is no JSON: ${messageOf(error)}`);
  }
  throw new UserError(`${where} is not an object, such as {"file_name": "1.jpg", "label": "cat"}`);
}
