import { z } from 'zod';
import type { LearnerFiles } from '../host.js';
import { parseState } from './saved-state.js';

const State = z.object({ bytes: z.number() });

/** A file that grows while training goes on, and is cut back to where a checkpoint was made when a run is resumed. */
export class LogFile {
  /** Bytes written so far; undefined before the first. */
  #bytes: number | undefined;
  /** Whether the file may hold more than that: what came after a checkpoint, or a piece of what did not fit on the disk. */
  #tooLong = false;
  #files: LearnerFiles | undefined;
  #pending: Uint8Array[] = [];

  constructor(readonly path: string) {}

  /** Begins the file anew with its first bytes, or goes on where it was left. */
  async open(files: LearnerFiles, first: Uint8Array = new Uint8Array()): Promise<void> {
    this.#files = files;
    if (this.#bytes !== undefined) {
      await this.#cutBack(files);
      return;
    }
    await files.writeFile(this.path, first);
    this.#bytes = first.length;
  }

  /** Keeps what is to be written by the next `flush`. */
  add(bytes: Uint8Array | string): void {
    this.#pending.push(typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes);
  }

  /** @throws {UserError} if it cannot be written; it is kept for another time then */
  async flush(files: LearnerFiles): Promise<void> {
    if (this.#pending.length === 0) return;
    const all = joined(this.#pending);
    await this.#cutBack(files);
    this.#tooLong = true;
    await files.appendFile(this.path, all);
    this.#tooLong = false;
    this.#pending = [];
    this.#bytes = (this.#bytes ?? 0) + all.length;
  }

  async #cutBack(files: LearnerFiles): Promise<void> {
    if (!this.#tooLong) return;
    await files.writeFile(this.path, (await files.readFile(this.path)).slice(0, this.#bytes));
    this.#tooLong = false;
  }

  /** Writes what is kept, so that a checkpoint in the middle of an epoch goes with all lines before it. */
  async saveState(): Promise<unknown> {
    if (this.#files !== undefined) await this.flush(this.#files);
    return { bytes: this.#bytes ?? 0 };
  }

  loadState(saved: unknown, name: string): void {
    this.#bytes = parseState(State, saved, name).bytes;
    this.#tooLong = true;
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
