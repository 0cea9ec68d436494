import { createHash } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { partialName } from '../../runtime/node/partial.js';
import { threadSampler } from '../sampler.js';
import type { DecodedPicture } from './decode.js';

/**
 * Decoded pictures in one file that is never changed: MAGIC, the pixels of all pictures, a table of numbers, the names, and at
 * the end what is needed to find and to check the table. Numbers are float64; the names are UTF-8, each ended by NUL.
 */
const MAGIC = Buffer.from('onecycle bases 1');
/** Numbers in the table for each picture: bytes, mtimeMs, start, width, height, checksum. */
const COLUMNS = 6;
/** Position of the table, number of pictures, bytes of names; then SHA-256 of all this and the table and names, then MAGIC. */
const TAIL_BYTES = 3 * 8 + 32 + MAGIC.length;

/** What a file on the disk looked like when it was decoded; if it still does, it has not changed. */
export interface FileIdentity {
  /** Length in bytes. */
  readonly bytes: number;
  readonly mtimeMs: number;
}

/** One picture of a base file. */
export interface BaseEntry extends FileIdentity {
  readonly name: string;
  /** Where its pixels are. */
  readonly start: number;
  readonly width: number;
  readonly height: number;
  readonly checksum: number;
}

/** Opens a base file for reading; undefined if it is cut off, damaged, or of another kind. The pixels are not read. */
export async function openBaseFile(
  path: string,
): Promise<{ file: FileHandle; bytes: number; entries: BaseEntry[] } | undefined> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const entries = await readEntries(file, size);
    if (entries !== undefined) return { file, bytes: size, entries };
  } catch (error) {
    await file.close();
    throw error;
  }
  await file.close();
  return undefined;
}

async function readEntries(file: FileHandle, size: number): Promise<BaseEntry[] | undefined> {
  if (size < MAGIC.length + TAIL_BYTES) return undefined;
  const tail = await readAt(file, size - TAIL_BYTES, TAIL_BYTES);
  if (!tail.subarray(TAIL_BYTES - MAGIC.length).equals(MAGIC)) return undefined;
  const [at = 0, count = 0, nameBytes = 0] = floats(tail.subarray(0, 24));
  const tableBytes = count * COLUMNS * 8;
  if (!(at >= MAGIC.length && at + tableBytes + nameBytes === size - TAIL_BYTES)) return undefined;
  const index = await readAt(file, at, tableBytes + nameBytes);
  if (!digest(tail.subarray(0, 24), index).equals(tail.subarray(24, 56))) return undefined;
  const table = floats(index.subarray(0, tableBytes));
  return namesOf(index.subarray(tableBytes)).map((name, i) => {
    const row = table.subarray(i * COLUMNS, (i + 1) * COLUMNS);
    const [bytes = 0, mtimeMs = 0, start = 0, width = 0, height = 0, checksum = 0] = row;
    return { name, bytes, mtimeMs, start, width, height, checksum };
  });
}

/** Writes a base file; it gets its name only when it is complete. */
export class BaseFileWriter {
  readonly #path: string;
  readonly #partial: string;
  readonly #file: FileHandle;
  readonly #entries: BaseEntry[] = [];
  #end = MAGIC.length;

  private constructor(path: string, partial: string, file: FileHandle) {
    this.#path = path;
    this.#partial = partial;
    this.#file = file;
  }

  static async create(path: string): Promise<BaseFileWriter> {
    const partial = partialName(path);
    return new BaseFileWriter(path, partial, await open(partial, 'wx+'));
  }

  /** What it is called once it is published. */
  get path(): string {
    return this.#path;
  }

  /** The file, from which what was added can be read at once; still open after `publish`. */
  get file(): FileHandle {
    return this.#file;
  }

  /** Writes a picture. Several may be under way at the same time. */
  async add(name: string, identity: FileIdentity, picture: DecodedPicture): Promise<BaseEntry> {
    const { pixels, width, height } = picture;
    const sampler = threadSampler();
    sampler.base(picture).set(pixels);
    const checksum = sampler.checksum();
    const start = this.#end;
    this.#end += pixels.length;
    await writeAt(this.#file, start, pixels);
    const entry = { name, ...identity, start, width, height, checksum };
    this.#entries.push(entry);
    return entry;
  }

  /** Ends the file and gives it its name. */
  async publish(): Promise<void> {
    const table = Float64Array.from(
      this.#entries.flatMap(({ bytes, mtimeMs, start, width, height, checksum }) => [
        bytes,
        mtimeMs,
        start,
        width,
        height,
        checksum,
      ]),
    );
    const names = Buffer.from(this.#entries.map(({ name }) => `${name}\0`).join(''));
    const index = Buffer.concat([bytesOf(table), names]);
    const numbers = bytesOf(Float64Array.of(this.#end, this.#entries.length, names.length));
    const tail = Buffer.concat([numbers, digest(numbers, index), MAGIC]);
    await writeAt(this.#file, 0, MAGIC);
    await writeAt(this.#file, this.#end, Buffer.concat([index, tail]));
    await rename(this.#partial, this.#path);
  }

  /** Removes what was written. */
  async discard(): Promise<void> {
    await this.#file.close();
    await rm(this.#partial, { force: true });
  }
}

function digest(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function namesOf(bytes: Buffer): string[] {
  return bytes.toString('utf8').split('\0').slice(0, -1);
}

/** A copy, as the bytes may begin anywhere. */
function floats(bytes: Uint8Array): Float64Array {
  return new Float64Array(new Uint8Array(bytes).buffer);
}

function bytesOf(numbers: Float64Array): Buffer {
  return Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}

async function readAt(file: FileHandle, start: number, count: number): Promise<Buffer> {
  const buffer = Buffer.alloc(count);
  for (let done = 0; done < count; ) {
    const { bytesRead } = await file.read(buffer, done, count - done, start + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return buffer;
}

async function writeAt(file: FileHandle, start: number, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, start + done);
    done += bytesWritten;
  }
}
