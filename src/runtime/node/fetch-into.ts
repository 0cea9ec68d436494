import { type FileHandle, mkdir, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, messageOf } from '../../core/errors.js';

/** What went wrong between here and a server, in words. */
export class FetchError extends Error {
  /**
   * @param retry whether another attempt may go better
   * @param waitMs what the server asks to wait before it
   */
  constructor(
    message: string,
    readonly retry: boolean,
    readonly waitMs = 0,
  ) {
    super(message);
  }
}

export interface FetchOptions {
  /** The length it must have, if known. */
  readonly bytes: number | undefined;
  /** How long nothing may come, in milliseconds. */
  readonly stallMs: number;
  readonly onProgress: (done: number, total: number | undefined) => void;
  readonly signal: AbortSignal | undefined;
}

/** Where the bytes came from, kept beside them to go on by. */
interface Origin {
  readonly address: string;
  /** A strong entity tag, or a time of modification: going on is right only while it is the same (RFC 9110, If-Range). */
  readonly validator: string;
  readonly total?: number;
}

/** The file in a download's folder that holds what has come. */
export function dataOf(folder: string): string {
  return join(folder, 'data');
}

/** Bytes that have come so far. */
export async function bytesIn(folder: string): Promise<number> {
  return stat(dataOf(folder)).then(
    ({ size }) => size,
    () => 0,
  );
}

/**
 * One attempt to bring all of an address into a folder's `data`; goes on where an earlier one has ended, if the server can
 * tell that its file is the same.
 *
 * @throws {FetchError} what has come so far stays
 */
export async function fetchInto(folder: string, address: string, options: FetchOptions): Promise<void> {
  await mkdir(folder, { recursive: true });
  const origin = await readOrigin(folder);
  const known = origin?.address === address ? await bytesIn(folder) : 0;
  // All had come, but the process ended before it was checked.
  if (known > 0 && known === origin?.total) return;
  const stall = new StallTimer(options.stallMs, options.signal);
  try {
    const response = await request(address, known > 0 ? origin : undefined, known, stall);
    await receive(response, folder, address, known, stall, options);
  } finally {
    stall.stop();
  }
}

/** Aborts what it is given to after a time in which nothing has come. */
class StallTimer {
  readonly #controller = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  stalled = false;
  readonly signal: AbortSignal;

  constructor(
    readonly ms: number,
    outer: AbortSignal | undefined,
  ) {
    this.signal = outer === undefined ? this.#controller.signal : AbortSignal.any([this.#controller.signal, outer]);
  }

  start(): void {
    this.stop();
    this.#timer = setTimeout(() => {
      this.stalled = true;
      this.#controller.abort();
    }, this.ms);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

async function request(
  address: string,
  origin: Origin | undefined,
  known: number,
  stall: StallTimer,
): Promise<Response> {
  // Compressed on the way, lengths and ranges would be those of something else.
  const headers: Record<string, string> = { 'accept-encoding': 'identity' };
  if (origin !== undefined) {
    headers.range = `bytes=${known}-`;
    headers['if-range'] = origin.validator;
  }
  stall.start();
  try {
    return await fetch(address, { headers, signal: stall.signal });
  } catch (error) {
    throw networkError(error, stall);
  }
}

async function receive(
  response: Response,
  folder: string,
  address: string,
  known: number,
  stall: StallTimer,
  { bytes, onProgress }: FetchOptions,
): Promise<void> {
  const { from, total } = await placeOf(response, folder, known);
  if (bytes !== undefined && total !== undefined && total !== bytes) {
    await response.body?.cancel();
    throw new FetchError(`the server has a file of ${total} bytes, not of ${bytes}`, false);
  }
  const wanted = total ?? bytes;
  const validator = validatorOf(response);
  const file = await open(dataOf(folder), from === 0 ? 'w' : 'r+');
  try {
    await writeOrigin(
      folder,
      validator === undefined ? undefined : { address, validator, ...(total === undefined ? {} : { total }) },
    );
    const done = await write(response, file, from, wanted, stall, (n) => onProgress(n, wanted));
    if (wanted !== undefined && done < wanted) {
      throw new FetchError(`the connection ended after ${done} of ${wanted} bytes`, true);
    }
  } finally {
    await file.close();
  }
}

/** Where in the file the answer begins, and how long the file is. */
async function placeOf(
  response: Response,
  folder: string,
  known: number,
): Promise<{ from: number; total: number | undefined }> {
  const { status, headers } = response;
  if (status === 200) {
    const encoded = (headers.get('content-encoding') ?? 'identity') !== 'identity';
    return { from: 0, total: encoded ? undefined : lengthIn(headers.get('content-length')) };
  }
  if (status === 206) {
    const [, first, all] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '') ?? [];
    if (known > 0 && Number(first) === known) return { from: known, total: lengthIn(all ?? null) };
  }
  await response.body?.cancel();
  if (status === 206 || status === 416) {
    // Whatever the server means, it is not what was asked for: from the beginning, then.
    await rm(dataOf(folder), { force: true });
    throw new FetchError('the server does not go on where the last attempt ended', true);
  }
  const retry = status === 408 || status === 425 || status === 429 || status >= 500;
  const words = `the server answers ${status}${response.statusText === '' ? '' : ` (${response.statusText})`}`;
  throw new FetchError(words, retry, retryAfter(headers.get('retry-after')));
}

/** Writes what comes; gives where it ended. */
async function write(
  response: Response,
  file: FileHandle,
  from: number,
  most: number | undefined,
  stall: StallTimer,
  onProgress: (done: number) => void,
): Promise<number> {
  await file.truncate(from);
  let at = from;
  onProgress(at);
  if (response.body === null) return at;
  const reader = response.body.getReader();
  for (;;) {
    stall.start();
    let piece: Awaited<ReturnType<typeof reader.read>>;
    try {
      piece = await reader.read();
    } catch (error) {
      throw networkError(error, stall);
    }
    // A slow disk is not a stalled server.
    stall.stop();
    if (piece.done) return at;
    if (most !== undefined && at + piece.value.length > most) {
      await reader.cancel();
      throw new FetchError(`the server sends more than ${most} bytes`, false);
    }
    for (let done = 0; done < piece.value.length; ) {
      const { bytesWritten } = await file.write(piece.value, done, piece.value.length - done, at);
      done += bytesWritten;
      at += bytesWritten;
    }
    onProgress(at);
  }
}

function validatorOf(response: Response): string | undefined {
  const tag = response.headers.get('etag');
  // A weak tag says only that the meaning is the same.
  if (tag?.startsWith('"')) return tag;
  return response.headers.get('last-modified') ?? undefined;
}

function lengthIn(text: string | null): number | undefined {
  return text !== null && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** Milliseconds that a Retry-After asks for, which is seconds or a date. */
function retryAfter(text: string | null): number {
  if (text === null) return 0;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(ms) ? 0 : Math.max(0, ms);
}

function networkError(error: unknown, stall: StallTimer): Error {
  if (stall.stalled) return new FetchError(`nothing came for ${stall.ms / 1000} s`, true);
  // The caller's own signal.
  if (stall.signal.aborted) return error instanceof Error ? error : new Error(messageOf(error));
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const words = messageOf(cause) || codeOf(cause) || messageOf(error);
  return new FetchError(
    words,
    !/redirect count exceeded|unknown scheme|URL scheme|CERT|certificate/i.test(`${words} ${codeOf(cause)}`),
  );
}

async function readOrigin(folder: string): Promise<Origin | undefined> {
  try {
    const { address, validator, total }: Partial<Origin> = JSON.parse(await readFile(originOf(folder), 'utf8'));
    if (typeof address !== 'string' || typeof validator !== 'string') return undefined;
    return { address, validator, ...(typeof total === 'number' ? { total } : {}) };
  } catch {
    return undefined;
  }
}

async function writeOrigin(folder: string, origin: Origin | undefined): Promise<void> {
  if (origin === undefined) await rm(originOf(folder), { force: true });
  else await writeFile(originOf(folder), JSON.stringify(origin));
}

function originOf(folder: string): string {
  return join(folder, 'origin.json');
}
