import { createHash, randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { type FileHandle, mkdir, readdir, rm, utimes } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { messageOf } from '../../core/errors.js';
import { abandonedIn } from '../../runtime/node/partial.js';
import { type BaseEntry, BaseFileWriter, type FileIdentity, openBaseFile } from './base-file.js';
import { DECODER, type DecodedPicture, type DecodeOptions } from './decode.js';
import { DiskRoom } from './disk-room.js';
import type { StoredPicture } from './stored-picture.js';

export interface DiskCacheOptions {
  /** Folder of all sets. */
  readonly home: string;
  /** The folder that the pictures are in: names the set. */
  readonly root: string;
  /** Side of the square that pictures were decoded for, in pixels; see `decodePicture`. */
  readonly size: number;
  readonly decoding: DecodeOptions;
  /** Bound on the bytes of all sets together. */
  readonly maxBytes: number;
  /** Is told once why nothing (more) is kept. */
  readonly onNotice?: ((message: string) => void) | undefined;
}

/** A base file of the set. */
interface Part {
  readonly path: string;
  readonly bytes: number;
  readonly file: FileHandle;
  readonly entries: readonly BaseEntry[];
}

const ENDING = '.bases';
/** More files than this are made again as one. */
const MOST_PARTS = 16;
/** Files looked at before others get their turn. */
const STATS_AT_A_TIME = 256;

/**
 * The decoded pictures of one set, on the disk from one run to the next; a picture counts as long as its file has the length
 * and time of change that it had. They are read by position, by whoever renders them: Node has no memory-mapped
 * files, and the system's page cache does what a map would, in memory that anybody can have back.
 *
 * Each run that decodes something adds one file. Anything that is wrong with the disk makes it forget, never fail.
 */
export class DiskCache {
  readonly #options: DiskCacheOptions;
  readonly #folder: string;
  readonly #pictures = new Map<string, StoredPicture>();
  /** Paths of the open files by their numbers. */
  readonly #paths = new Map<number, string>();
  readonly #files: FileHandle[] = [];
  #room: DiskRoom | undefined;
  #writer: Promise<BaseFileWriter> | undefined;
  /** Whether nothing more is added: there is no room, or all has been. */
  #ended = false;
  #noticed = false;

  private constructor(options: DiskCacheOptions) {
    const { home, root, size, decoding } = options;
    // What another version of the decoder makes may differ.
    const key = createHash('sha256')
      .update(JSON.stringify([root, size, DECODER, decoding]))
      .digest('hex')
      .slice(0, 16);
    this.#options = options;
    this.#folder = join(home, `${basename(root)}-${key}`);
  }

  /** Opens the set and finds which of the files it has as they are now. */
  static async open(options: DiskCacheOptions, files: readonly string[]): Promise<DiskCache> {
    const cache = new DiskCache(options);
    try {
      await cache.#open(files);
    } catch (error) {
      cache.#giveUp(error);
    }
    return cache;
  }

  get(file: string): StoredPicture | undefined {
    return this.#pictures.get(file);
  }

  /** Writes a picture, decoded from a file that looked so; undefined if it cannot be kept. */
  async add(file: string, identity: FileIdentity, picture: DecodedPicture): Promise<StoredPicture | undefined> {
    if (this.#ended || this.#room === undefined) return undefined;
    if (!this.#room.claim(picture.pixels.length)) {
      this.#end('decoded pictures are kept on the disk only in part: their bound, or half of what is free, is reached');
      return undefined;
    }
    try {
      this.#writer ??= BaseFileWriter.create(join(this.#folder, newName()));
      const writer = await this.#writer;
      const entry = await writer.add(this.#nameOf(file), identity, picture);
      // Another's failure, or closing, may have taken the file away meanwhile.
      return this.#writer === undefined ? undefined : this.#keep(file, entry, writer.file);
    } catch (error) {
      this.#giveUp(error);
      await this.#discard();
      return undefined;
    }
  }

  /** Lets go of a picture whose pixels turned out to be damaged; the next run decodes all that was in the same file. */
  async forget(file: string): Promise<void> {
    const source = this.#pictures.get(file)?.source;
    this.#pictures.delete(file);
    const path = typeof source === 'number' ? this.#paths.get(source) : undefined;
    if (path !== undefined) await rm(path, { force: true });
  }

  /** Makes what was added last beyond this run. */
  async publish(): Promise<void> {
    this.#ended = true;
    const writer = await this.#writer;
    if (writer === undefined) return;
    try {
      await writer.publish();
      this.#writer = undefined;
      this.#files.push(writer.file);
      this.#paths.set(writer.file.fd, writer.path);
    } catch (error) {
      this.#giveUp(error);
      await this.#discard();
    }
  }

  async close(): Promise<void> {
    this.#ended = true;
    this.#pictures.clear();
    await this.#discard();
    await Promise.all(this.#files.splice(0).map((file) => file.close()));
  }

  async #open(files: readonly string[]): Promise<void> {
    const { home, maxBytes } = this.#options;
    await mkdir(this.#folder, { recursive: true });
    const parts = await this.#openParts();
    const found = await this.#match(files, parts);
    for (const part of parts) {
      const { current = 0, outdated = 0 } = found.get(part) ?? {};
      // A file of mostly outdated pictures is not worth its room.
      if (outdated > current) await this.#remove(part);
      else {
        this.#files.push(part.file);
        this.#paths.set(part.file.fd, part.path);
      }
    }
    const now = new Date();
    await utimes(this.#folder, now, now);
    this.#room = await DiskRoom.measure(home, basename(this.#folder), maxBytes);
  }

  /** The set's files, the oldest first. */
  async #openParts(): Promise<Part[]> {
    for (const left of await abandonedIn(this.#folder)) await rm(left, { recursive: true, force: true });
    const parts: Part[] = [];
    for (const name of (await readdir(this.#folder)).sort()) {
      const path = join(this.#folder, name);
      if (!name.endsWith(ENDING)) continue;
      const opened = await openBaseFile(path);
      if (opened === undefined) await rm(path);
      else parts.push({ path, ...opened });
    }
    if (parts.length <= MOST_PARTS) return parts;
    const [largest, ...others] = parts.sort((a, b) => b.bytes - a.bytes);
    for (const part of others) await this.#remove(part);
    return largest === undefined ? [] : [largest];
  }

  /** Takes up the pictures that have not changed since; counts by part what is current and what is not. */
  async #match(files: readonly string[], parts: readonly Part[]) {
    const known = new Map<string, (readonly [Part, BaseEntry])[]>();
    for (const part of parts) {
      for (const entry of part.entries) {
        const same = known.get(entry.name);
        if (same === undefined) known.set(entry.name, [[part, entry]]);
        else same.push([part, entry]);
      }
    }
    const found = new Map(parts.map((part) => [part, { current: 0, outdated: 0 }]));
    let looks = 0;
    for (const file of files) {
      const candidates = known.get(this.#nameOf(file));
      if (candidates === undefined) continue;
      // One call after the other is far quicker than handing each to another thread.
      const stats = statSync(file, { throwIfNoEntry: false });
      for (const [part, entry] of candidates) {
        const counts = found.get(part);
        const current = stats?.size === entry.bytes && stats.mtimeMs === entry.mtimeMs && !this.#pictures.has(file);
        if (current) this.#keep(file, entry, part.file);
        if (counts !== undefined) counts[current ? 'current' : 'outdated']++;
      }
      if (++looks % STATS_AT_A_TIME === 0) await setImmediate();
    }
    return found;
  }

  async #remove({ path, file }: Part): Promise<void> {
    for (const [name, { source }] of this.#pictures) if (source === file.fd) this.#pictures.delete(name);
    await file.close();
    await rm(path, { force: true });
  }

  /** Removes the file being written, and what is known of it. */
  async #discard(): Promise<void> {
    const writing = this.#writer;
    this.#writer = undefined;
    const writer = await writing?.catch(() => undefined);
    if (writer === undefined) return;
    for (const [name, { source }] of this.#pictures) if (source === writer.file.fd) this.#pictures.delete(name);
    await writer.discard();
  }

  #keep(file: string, { start, width, height, checksum }: BaseEntry, { fd }: FileHandle): StoredPicture {
    const stored = { source: fd, start, width, height, checksum };
    this.#pictures.set(file, stored);
    return stored;
  }

  #nameOf(file: string): string {
    return relative(this.#options.root, file);
  }

  #giveUp(error: unknown): void {
    this.#end(
      `decoded pictures are not kept on the disk: ${messageOf(error)}; ONECYCLE_HOME can name a folder that has room`,
    );
  }

  /** Adds nothing more, and says why, once. */
  #end(notice: string): void {
    this.#ended = true;
    if (this.#noticed) return;
    this.#noticed = true;
    this.#options.onNotice?.(notice);
  }
}

function newName(): string {
  return `${Date.now()}-${randomBytes(4).toString('hex')}${ENDING}`;
}
