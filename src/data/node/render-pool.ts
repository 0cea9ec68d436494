import { Worker } from 'node:worker_threads';
import { RenderError, type RenderJob, renderBatch } from '../render.js';
import { readPixels } from './read-pixels.js';
import type { RenderReply, RenderRequest } from './render-worker.js';

interface Waiting {
  resolve(images: Uint8Array): void;
  reject(error: Error): void;
}

interface Thread {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
}

/**
 * Threads that render batches, a whole batch on one thread; without threads, the caller's own does it.
 *
 * Threads start with the first batch and keep the process alive only while they work.
 */
export class RenderPool {
  readonly #count: number;
  readonly #threads: Thread[] = [];
  #nextId = 0;
  #closed = false;

  /** @param count number of threads; 0 renders on the caller's thread */
  constructor(count: number) {
    this.#count = count;
  }

  /** The pictures of a batch: RGB planes, uint8, [n, 3, size, size], owned by the caller. Rejects with a RenderError that names the picture. */
  render(job: RenderJob): Promise<Uint8Array> {
    if (this.#closed) return Promise.reject(new Error('the data bunch is closed'));
    if (this.#count === 0) return new Promise((resolve) => resolve(renderBatch(job, readPixels)));
    const thread = this.#leastBusy();
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      thread.waiting.set(id, { resolve, reject });
      thread.worker.ref();
      thread.worker.postMessage({ id, job } satisfies RenderRequest);
    });
  }

  /** Ends the threads; batches still being rendered are rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    const threads = this.#threads.splice(0);
    for (const thread of threads) failAll(thread, new Error('the data bunch was closed while a batch was being made'));
    await Promise.all(threads.map(({ worker }) => worker.terminate()));
  }

  #leastBusy(): Thread {
    const free = this.#threads.find(({ waiting }) => waiting.size === 0);
    if (free !== undefined) return free;
    if (this.#threads.length < this.#count) return this.#start();
    return this.#threads.reduce((best, thread) => (thread.waiting.size < best.waiting.size ? thread : best));
  }

  #start(): Thread {
    const worker = new Worker(new URL('./render-worker.js', import.meta.url));
    const thread: Thread = { worker, waiting: new Map() };
    this.#threads.push(thread);
    worker.on('message', (reply: RenderReply) => {
      const waiting = thread.waiting.get(reply.id);
      thread.waiting.delete(reply.id);
      if (thread.waiting.size === 0) worker.unref();
      if ('images' in reply) waiting?.resolve(reply.images);
      else if (reply.at === undefined) waiting?.reject(new Error(`rendering a batch failed: ${reply.error}`));
      else waiting?.reject(new RenderError(reply.error, reply.at.picture, reply.at.lost));
    });
    const lost = (error: Error): void => {
      const position = this.#threads.indexOf(thread);
      if (position >= 0) this.#threads.splice(position, 1);
      failAll(thread, error);
    };
    worker.on('error', lost);
    worker.on('exit', (code) => lost(new Error(`a thread that renders pictures ended (exit code ${code})`)));
    return thread;
  }
}

function failAll({ waiting }: Thread, error: Error): void {
  for (const { reject } of waiting.values()) reject(error);
  waiting.clear();
}
