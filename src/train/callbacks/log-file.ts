import { z } from 'zod';
import type { LearnerFiles } from '../host.js';
import { parseState } from './saved-state.js';

const State = z.object({ bytes: z.number() });

/** A file that grows while training goes on, and is cut back to where a checkpoint was made when a run is resumed. */
export class LogFile {
  /** Bytes written so far; undefined before the first. */
  #bytes: number | undefined;
  #resumed = false;
  readonly #pending: Uint8Array[] = [];

  constructor(readonly path: string) {}

  /** Begins the file anew with its first bytes, or goes on where it was left. */
  async open(files: LearnerFiles, first: Uint8Array = new Uint8Array()): Promise<void> {
    if (this.#resumed) {
      this.#resumed = false;
      await files.writeFile(this.path, (await files.readFile(this.path)).slice(0, this.#bytes));
      return;
    }
    if (this.#bytes !== undefined) return;
    await files.writeFile(this.path, first);
    this.#bytes = first.length;
  }

  /** Keeps what is to be written by the next `flush`. */
  add(bytes: Uint8Array | string): void {
    this.#pending.push(typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes);
  }

  async flush(files: LearnerFiles): Promise<void> {
    const parts = this.#pending.splice(0);
    const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    await files.appendFile(this.path, all);
    this.#bytes = (this.#bytes ?? 0) + all.length;
  }

  saveState(): unknown {
    return { bytes: this.#bytes ?? 0 };
  }

  loadState(saved: unknown, name: string): void {
    this.#bytes = parseState(State, saved, name).bytes;
    this.#resumed = true;
  }
}
