import { closeSync, copyFileSync, mkdirSync, openSync, statSync, writeSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { UserError } from '../../core/errors.js';

/** What each entry of an archive counts at least, in bytes: millions of empty files fill a disk, too. */
const ENTRY_COST = 1024;

/**
 * The folder an archive is unpacked into: no entry gets out of it, and no more than `maxBytes` get into it.
 *
 * Links never reach the disk: each becomes a copy of its file once all files are there.
 */
export class UnpackTarget {
  readonly #archive: string;
  readonly #root: string;
  readonly #maxBytes: number;
  readonly #folders = new Set<string>();
  readonly #links: { readonly name: string; readonly target: string }[] = [];
  readonly #open = new Set<number>();
  #bytes = 0;

  constructor(archive: string, root: string, maxBytes: number) {
    this.#archive = archive;
    this.#root = root;
    this.#maxBytes = maxBytes;
  }

  addFolder(name: string): void {
    this.#count(ENTRY_COST);
    this.#makeFolder(join(this.#root, this.#inside(name, name)));
  }

  /** Opens a new file. Call `write` with each piece and `close` at the end. */
  addFile(name: string): { write(piece: Uint8Array): void; close(): void } {
    const path = join(this.#root, this.#inside(name, name));
    this.#count(ENTRY_COST);
    this.#makeFolder(dirname(path));
    // Written synchronously: for tens of thousands of small files several times faster than through the thread pool.
    const file = openSync(path, 'w');
    this.#open.add(file);
    return {
      write: (piece) => {
        this.#count(piece.length);
        for (let offset = 0; offset < piece.length; ) offset += writeSync(file, piece, offset);
      },
      close: () => {
        if (this.#open.delete(file)) closeSync(file);
      },
    };
  }

  /** A symbolic link (`target` seen from the link's folder) or a hard link (seen from the archive's root). */
  addLink(name: string, target: string, kind: 'symbolic' | 'hard'): void {
    this.#count(ENTRY_COST);
    const inside = this.#inside(name, name);
    if (isAbsolute(target)) throw this.#escape(`${name} -> ${target}`);
    const resolved = kind === 'hard' ? target : posix.join(posix.dirname(inside), slashed(target));
    this.#links.push({ name: inside, target: this.#inside(resolved, `${name} -> ${target}`) });
  }

  /** Makes the links real. Call once, after the last entry. */
  finish(): void {
    for (const { name, target } of this.#links) {
      const from = join(this.#root, target);
      const found = statSync(from, { throwIfNoEntry: false });
      if (!found?.isFile()) {
        throw new UserError(
          `${this.#archive}: the link ${name} points to ${target}, which is not a file of the archive`,
        );
      }
      this.#count(found.size);
      const to = join(this.#root, name);
      this.#makeFolder(dirname(to));
      copyFileSync(from, to);
    }
  }

  /** Closes what a failure left open. */
  dispose(): void {
    for (const file of this.#open) closeSync(file);
    this.#open.clear();
  }

  /** The entry's path within the root, with plain slashes; a UserError if it is not within. */
  #inside(name: string, shown: string): string {
    const path = posix.normalize(slashed(name)).replace(/\/+$/, '');
    if (isAbsolute(name) || path === '..' || path.startsWith('../')) throw this.#escape(shown);
    if (path.includes('\0') || path === '')
      throw new UserError(`${this.#archive}: bad entry name ${JSON.stringify(shown)}`);
    return path;
  }

  #escape(entry: string): UserError {
    return new UserError(
      `${this.#archive}: the entry "${entry}" points outside of the archive's folder; nothing was unpacked. Do not trust this archive.`,
    );
  }

  #makeFolder(path: string): void {
    if (this.#folders.has(path)) return;
    mkdirSync(path, { recursive: true });
    this.#folders.add(path);
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#maxBytes) {
      throw new UserError(
        `${this.#archive}: unpacks to more than ${this.#maxBytes} bytes; raise maxUnpackedBytes if that is right`,
      );
    }
  }
}

function slashed(path: string): string {
  return path.replaceAll('\\', '/');
}

function isAbsolute(path: string): boolean {
  return /^([/\\]|[a-zA-Z]:)/.test(path);
}
