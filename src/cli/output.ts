import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeError } from '../runtime/node/files.js';

/** Where a command's results go, piece by piece: standard output, or a file that gets its name when it is whole. */
export interface Output {
  /** Waits while the reader is slow. */
  write(text: string): Promise<void>;
  /** What was written is all. */
  finish(): Promise<void>;
  /** Leaves nothing behind, as far as that can be. */
  discard(): Promise<void>;
}

/**
 * Opens it.
 *
 * @param file default: standard output
 * @throws {UserError} if the file cannot be written
 */
export async function openOutput(file: string | undefined): Promise<Output> {
  return file === undefined ? standardOutput : FileOutput.open(file);
}

const standardOutput: Output = {
  write: async (text) => {
    if (!process.stdout.write(text)) await once(process.stdout, 'drain');
  },
  finish: async () => {},
  discard: async () => {},
};

class FileOutput implements Output {
  #error: Error | undefined;

  private constructor(
    private readonly path: string,
    private readonly temporary: string,
    private readonly stream: WriteStream,
  ) {
    stream.on('error', (error) => {
      this.#error ??= error;
    });
  }

  static async open(path: string): Promise<FileOutput> {
    const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`;
    try {
      await mkdir(dirname(path), { recursive: true });
      const stream = createWriteStream(temporary);
      await once(stream, 'open');
      return new FileOutput(path, temporary, stream);
    } catch (error) {
      throw writeError(error, path);
    }
  }

  async write(text: string): Promise<void> {
    if (this.#error !== undefined) throw writeError(this.#error, this.path);
    if (this.stream.write(text)) return;
    await once(this.stream, 'drain').catch((error: unknown) => {
      throw writeError(error, this.path);
    });
  }

  async finish(): Promise<void> {
    try {
      this.stream.end();
      if (!this.stream.closed) await once(this.stream, 'close');
      if (this.#error !== undefined) throw this.#error;
      await rename(this.temporary, this.path);
    } catch (error) {
      await this.discard();
      throw writeError(error, this.path);
    }
  }

  async discard(): Promise<void> {
    this.stream.destroy();
    await rm(this.temporary, { force: true }).catch(() => {});
  }
}
