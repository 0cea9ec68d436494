import { rmSync } from 'node:fs';
import { readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';

interface Other {
  readonly path: string;
  readonly bytes: number;
  readonly usedAt: number;
}

/**
 * The room for decoded pictures on the disk: a bound over all sets, and never more than half of what is free. The sets that
 * were not used for the longest time make way.
 */
export class DiskRoom {
  /** Least recently used first. */
  readonly #others: Other[];
  #left: number;

  private constructor(others: Other[], left: number) {
    this.#others = others;
    this.#left = left;
  }

  /**
   * @param home folder of all sets, a folder each, whose time of change says when it was used last
   * @param own name of the set that is to stay
   */
  static async measure(home: string, own: string, maxBytes: number): Promise<DiskRoom> {
    const others: Other[] = [];
    let total = 0;
    for (const name of await readdir(home)) {
      const path = join(home, name);
      const bytes = await folderBytes(path);
      total += bytes;
      if (name !== own) others.push({ path, bytes, usedAt: (await stat(path)).mtimeMs });
    }
    const { bavail, bsize } = await statfs(home);
    const left = Math.min(maxBytes - total, (bavail * bsize) / 2);
    return new DiskRoom(
      others.sort((a, b) => a.usedAt - b.usedAt),
      left,
    );
  }

  /** Takes so many bytes out of the room, if need be by removing other sets; false if there is not enough all the same. */
  claim(bytes: number): boolean {
    while (this.#left < bytes) {
      const oldest = this.#others.shift();
      if (oldest === undefined) return false;
      rmSync(oldest.path, { recursive: true, force: true });
      this.#left += oldest.bytes;
    }
    this.#left -= bytes;
    return true;
  }
}

async function folderBytes(path: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(path)) bytes += (await stat(join(path, name))).size;
  return bytes;
}
