import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { codeOf, messageOf, UserError } from '../../core/errors.js';
import type { DownloadSource, OnDownload } from '../download.js';
import { bytesIn, dataOf, FetchError, fetchInto } from './fetch-into.js';
import { abandonedPartials, partialName, releasedName } from './partial.js';

export interface DownloadOptions {
  /** The folder that it is kept in; made if it is not there. */
  readonly folder: string;
  readonly onProgress?: OnDownload;
  /** How long a server may send nothing, in milliseconds, before it is asked anew. Default 30 s. */
  readonly stallMs?: number;
  /** What is waited before each further attempt that follows one which brought nothing, in milliseconds. Default 1, 2, 5, 15, 30 s. */
  readonly retryDelaysMs?: readonly number[];
  /** Ends it; what has come stays for the next time. */
  readonly signal?: AbortSignal;
  /** Where `ONECYCLE_OFFLINE` and `ONECYCLE_MIRROR` are looked for. Default: the process's environment. */
  readonly env?: NodeJS.ProcessEnv;
}

const MIB = 1 << 20;
const STALL_MS = 30_000;
const RETRY_DELAYS_MS = [1000, 2000, 5000, 15_000, 30_000];
/** Even if each of them brings a little. */
const MOST_ATTEMPTS = 100;

/**
 * Brings a published file into a folder, if it is not there already, and gives its path.
 *
 * What is there or has come is compared with the source's length and hash before it is used; the file has its name only when
 * it is right. A download that was cut off goes on where it ended. Each process writes to a place of its own, so that several
 * may fetch the same file.
 *
 * `ONECYCLE_MIRROR` names other servers to ask first, separated by spaces or commas: `https://MIRROR/HOST/PATH` stands for
 * `https://HOST/PATH`. `ONECYCLE_OFFLINE=1` forbids to ask any.
 *
 * @throws {UserError} that says which file to put where, and where it is published
 */
export async function download(source: DownloadSource, options: DownloadOptions): Promise<string> {
  const { folder, env = process.env } = options;
  const path = join(folder, plainName(source.file));
  const wrong = await whatIsWrong(path, source);
  if (wrong === undefined) return path;
  const byHand = `Put the file at ${path}; it is published at ${source.address}`;
  if (isOffline(env)) {
    const state = wrong === ABSENT ? 'is not there' : `is not the right file (${wrong})`;
    throw new UserError(`${path} ${state}, and ONECYCLE_OFFLINE forbids to download it. ${byHand}`);
  }
  const addresses = [...mirrorsOf(source.address, env.ONECYCLE_MIRROR), checkedAddress(source.address)];
  const failures: string[] = [];
  let partial: string | undefined;
  try {
    await mkdir(folder, { recursive: true });
    partial = await claimPartial(path);
    for (const address of addresses) {
      const failure = await attempt(partial, address, source, options);
      if (failure === undefined) {
        await publish(partial, path, source);
        return path;
      }
      failures.push(`${address}: ${failure}`);
    }
  } catch (error) {
    throw localError(error, path, options.signal);
  } finally {
    if (partial !== undefined) await release(partial, path);
  }
  throw new UserError(`${source.file} cannot be downloaded: ${failures.join('; ')}. ${byHand}`);
}

const ABSENT = 'absent';

/** Why a file is not the source's; undefined if it is. */
async function whatIsWrong(
  path: string,
  { bytes, sha256, md5OfFirstMiB }: DownloadSource,
): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || !found.isFile()) return ABSENT;
  if (bytes !== undefined && found.size !== bytes) return `it has ${found.size} bytes, not ${bytes}`;
  if (sha256 !== undefined) {
    const digest = await digestOf(path, 'sha256');
    const shown = digest.slice(0, Math.max(8, sha256.length));
    if (!digest.startsWith(sha256.toLowerCase())) return `its SHA-256 is ${shown}, not ${sha256}`;
  }
  if (md5OfFirstMiB !== undefined) {
    const digest = await digestOf(path, 'md5', MIB);
    if (digest !== md5OfFirstMiB) return `the MD5 of its first megabyte is ${digest}, not ${md5OfFirstMiB}`;
  }
  return undefined;
}

async function digestOf(path: string, algorithm: string, bytes = Number.POSITIVE_INFINITY): Promise<string> {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(path, { highWaterMark: MIB, end: bytes - 1 }), hash);
  return hash.digest('hex');
}

/** Fetches from one address until all is there and right; gives the reason if that fails. */
async function attempt(
  partial: string,
  address: string,
  source: DownloadSource,
  options: DownloadOptions,
): Promise<string | undefined> {
  const delays = options.retryDelaysMs ?? RETRY_DELAYS_MS;
  const patience = Math.max(0, ...delays);
  let fruitless = 0;
  let farthest = await bytesIn(partial);
  let damaged = false;
  for (let n = 0; n < MOST_ATTEMPTS; n++) {
    let failure: FetchError;
    try {
      await fetchInto(partial, address, {
        bytes: source.bytes,
        stallMs: options.stallMs ?? STALL_MS,
        signal: options.signal,
        onProgress: (done, total) => options.onProgress?.({ file: source.file, done, total }),
      });
      const wrong = await whatIsWrong(dataOf(partial), source);
      if (wrong === undefined) return undefined;
      // Perhaps the part of an earlier attempt was damaged: once more from the beginning, but not again and again.
      await rm(partial, { recursive: true, force: true });
      failure = new FetchError(`what came is damaged, or another file: ${wrong}`, !damaged);
      damaged = true;
    } catch (error) {
      if (!(error instanceof FetchError)) throw error;
      failure = error;
    }
    const there = await bytesIn(partial);
    if (there > farthest) fruitless = 0;
    farthest = Math.max(farthest, there);
    const delay = delays[fruitless++];
    if (!failure.retry || delay === undefined) return failure.message;
    if (failure.waitMs > patience)
      return `${failure.message} and asks to wait for ${Math.ceil(failure.waitMs / 1000)} s`;
    await wait(
      Math.max(delay, failure.waitMs),
      undefined,
      options.signal === undefined ? {} : { signal: options.signal },
    );
  }
  return `it took more than ${MOST_ATTEMPTS} attempts`;
}

/** A folder for what comes: that of a download that was cut off, the fullest first, or a new one. */
async function claimPartial(path: string): Promise<string> {
  const own = partialName(path);
  const left = await Promise.all(
    (await abandonedPartials(path)).map(async (folder) => ({ folder, bytes: await bytesIn(folder) })),
  );
  let claimed = false;
  for (const { folder } of left.sort((a, b) => b.bytes - a.bytes)) {
    if (claimed) {
      await rm(folder, { recursive: true, force: true });
      continue;
    }
    // Renaming succeeds for one process only.
    claimed = await rename(folder, own).then(
      () => true,
      () => false,
    );
  }
  if (!claimed) await mkdir(own);
  return own;
}

/** Gives the file its name. If another process was faster, its file is as good. */
async function publish(partial: string, path: string, source: DownloadSource): Promise<void> {
  try {
    await rename(dataOf(partial), path);
  } catch (error) {
    if ((await whatIsWrong(path, source)) !== undefined) throw error;
  }
  await rm(partial, { recursive: true, force: true });
}

/** Leaves what has come to whoever tries next. */
async function release(partial: string, path: string): Promise<void> {
  try {
    if ((await bytesIn(partial)) > 0) await rename(partial, releasedName(path));
    else await rm(partial, { recursive: true, force: true });
  } catch {
    // It stays under this process's number, and is found when the process has ended.
  }
}

function plainName(file: string): string {
  if (file !== '' && file !== '.' && file !== '..' && !/[/\\\0:]/.test(file) && basename(file) === file) return file;
  throw new UserError(`${JSON.stringify(file)} is no name for a file to download`);
}

function checkedAddress(address: string, of = 'the address'): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return address;
  throw new UserError(`${of} ${JSON.stringify(address)} is not an http or https address`);
}

/** Where mirrors have what is at an address. */
function mirrorsOf(address: string, mirrors: string | undefined): string[] {
  const { host, pathname, search } = new URL(checkedAddress(address));
  return (mirrors ?? '')
    .split(/[\s,]+/)
    .filter((mirror) => mirror !== '')
    .map((mirror) => `${checkedAddress(mirror, 'ONECYCLE_MIRROR').replace(/\/+$/, '')}/${host}${pathname}${search}`);
}

/** Whether `ONECYCLE_OFFLINE` forbids to ask any server. */
export function isOffline({ ONECYCLE_OFFLINE: value }: NodeJS.ProcessEnv): boolean {
  return value !== undefined && value !== '' && value !== '0' && value.toLowerCase() !== 'false';
}

/** What went wrong on this machine. */
function localError(error: unknown, path: string, signal: AbortSignal | undefined): unknown {
  if (error instanceof UserError || signal?.aborted) return error;
  const code = codeOf(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new UserError(
      `No room left on the disk for ${path}. Free some space, or set ONECYCLE_HOME to a folder on another disk; the download goes on where it ended.`,
      { cause: error },
    );
  }
  return new UserError(
    `${path} cannot be written: ${messageOf(error)}. Set ONECYCLE_HOME to a folder that you may write to.`,
    {
      cause: error,
    },
  );
}
