import { stat } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { messageOf, UserError } from '../core/errors.js';
import { readFile } from '../runtime/node/files.js';
import { UsageError } from './fields.js';

/** Files that are looked for in the working folder, in this order. */
export const CONFIG_FILES = ['ts', 'mts', 'js', 'mjs', 'json'].map((ending) => `onecycle.config.${ending}`);

/** What a file says, as it says it. */
export interface Config {
  readonly file: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/**
 * Reads a file of options: JSON, or a program whose default export is an object, a promise of one, or a function that gives either.
 *
 * @param given default: the first of `CONFIG_FILES` that there is, if there is one
 * @throws {UserError} naming the file, and the line where that is known
 */
export async function readConfig(given: string | undefined): Promise<Config | undefined> {
  const file = given ?? (await firstThere());
  if (file === undefined) return undefined;
  const bytes = await readFile(file);
  const values =
    extname(file) === '.json' ? parseJson(file, new TextDecoder().decode(bytes)) : await exportOf(file).catch(told);
  if (!isRecord(values))
    throw new UsageError(`${file} must hold an object of options, as its default export where it is a program`);
  return { file, values };

  function told(error: unknown): never {
    throw new UserError(`${file} cannot be read: ${explained(error, resolve(file ?? ''))}`);
  }
}

async function firstThere(): Promise<string | undefined> {
  for (const file of CONFIG_FILES) {
    if ((await stat(file).catch(() => undefined))?.isFile() === true) return file;
  }
  return undefined;
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const position = /at position (\d+)/.exec(messageOf(error))?.[1];
    const before = position === undefined ? [] : text.slice(0, Number(position)).split('\n');
    const place = position === undefined ? '' : `:${before.length}:${(before.at(-1) ?? '').length + 1}`;
    throw new UserError(`${file} cannot be read: ${file}${place}: ${messageOf(error)}`);
  }
}

async function exportOf(file: string): Promise<unknown> {
  const loaded = await load(resolve(file));
  const value: unknown = isRecord(loaded) ? loaded.default : undefined;
  return typeof value === 'function' ? value() : value;
}

async function load(path: string): Promise<unknown> {
  if (/\.[mc]?ts$/.test(path) && !stripsTypes()) return (await jiti()).import(path);
  try {
    return await import(pathToFileURL(path).href);
  } catch (error) {
    // Node tells no place of a mistake in JavaScript; nothing has run yet, and the other parser does.
    if (error instanceof SyntaxError && !(error.stack ?? '').startsWith(path)) return (await jiti()).import(path);
    throw error;
  }
}

/** Whether Node.js reads TypeScript by itself: from 22.18 on. */
function stripsTypes(): boolean {
  return 'typescript' in process.features && process.features.typescript !== false;
}

/** Reads TypeScript wherever Node.js does not; nothing is kept on the disk. */
async function jiti() {
  const { createJiti } = await import('jiti');
  return createJiti(import.meta.url, { fsCache: false, moduleCache: false, interopDefault: false });
}

/** What went wrong and, where it says so, at which line of which file. */
function explained(error: unknown, path: string): string {
  const message = messageOf(error);
  // The other parser's: "ParseError: … \n /folder/file.ts:4:18".
  const parsed = /^ParseError: (?<what>.*?)\s*\n\s*(?<place>\S.*:\d+:\d+)\s*$/s.exec(message)?.groups;
  if (parsed?.what !== undefined) return `${parsed.place}: ${parsed.what}`;
  const [first = message] = message.split('\n');
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  // Node's own, of TypeScript, begins with the place; a thrown error's first frame is the place if it is the file's.
  const place = /^(\/.*:\d+|[A-Z]:\\.*:\d+)\n/.exec(stack)?.[1] ?? frameOf(stack, path);
  return place === undefined ? first : `${place}: ${first}`;
}

function frameOf(stack: string, path: string): string | undefined {
  const at = /^\s+at (?:.*\()?(?:file:\/\/)?(\S.*?:\d+:\d+)\)?$/m.exec(stack)?.[1];
  return at?.startsWith(path) === true ? at : undefined;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
