import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { codeOf, UserError } from '../../core/errors.js';
import type { TensorData } from '../../graph/types.js';
import type { Device, DeviceInfo, LoadOptions, ProgramId, RunRequest } from '../device.js';
import type { LocalOptions } from './local-device.js';
import type { Answer, DeviceCall, DeviceResults, Question } from './protocol.js';

/**
 * What glibc's allocator should do in a training process: ONNX Runtime hands out fresh memory for every output, and the
 * first touch of each 4 kB page costs more than the arithmetic on it. Huge pages, and memory kept rather than given back,
 * make it cheap. Other C libraries ignore the variable.
 */
const ALLOCATOR =
  'glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=4294967296:glibc.malloc.trim_threshold=4294967296';

/** Runs graphs in a child process, so that the caller's thread stays free and the allocator is set up for training. */
export class ProcessDevice implements Device {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  #next = 1;
  #ended: Error | undefined;

  constructor(options: LocalOptions = {}) {
    const tunables = process.env.GLIBC_TUNABLES;
    this.#child = fork(fileURLToPath(new URL('./device-process.js', import.meta.url)), [JSON.stringify(options)], {
      serialization: 'advanced',
      execArgv: ['--expose-gc'],
      env: { ...process.env, GLIBC_TUNABLES: tunables === undefined ? ALLOCATOR : `${ALLOCATOR}:${tunables}` },
    });
    this.#child.on('message', (message: Answer) => {
      const waiting = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      this.#idle();
      if ('error' in message) waiting?.reject(new Error(message.error));
      else waiting?.resolve(message.result);
    });
    this.#child.on('error', (error) => {
      if (!isClosedPipe(error)) this.#end(error);
    });
    this.#child.on('exit', (code, signal) => {
      // What the system does when memory is short.
      const why =
        signal === 'SIGKILL' ? ', perhaps because memory was short: smaller batches or pictures need less' : '';
      const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
      this.#end(new UserError(`the training process ${how}${why}`));
    });
    this.#idle();
  }

  info(): Promise<DeviceInfo> {
    return this.#ask({ method: 'info' });
  }

  load(model: Uint8Array, options: LoadOptions = {}): Promise<ProgramId> {
    return this.#ask({ method: 'load', model, options });
  }

  unload(program: ProgramId): Promise<void> {
    return this.#ask({ method: 'unload', program });
  }

  // Tensors cross one by one: both processes hold a copy of each message, and all of a network's state is large.
  async write(tensors: Readonly<Record<string, TensorData>>): Promise<void> {
    for (const [name, tensor] of Object.entries(tensors))
      await this.#ask({ method: 'write', tensors: { [name]: tensor } });
  }

  async read(names: readonly string[]): Promise<Record<string, TensorData>> {
    const tensors: Record<string, TensorData> = {};
    for (const name of names) Object.assign(tensors, await this.#ask({ method: 'read', names: [name] }));
    return tensors;
  }

  run(program: ProgramId, request: RunRequest): Promise<Record<string, TensorData>> {
    return this.#ask({ method: 'run', program, request });
  }

  async close(): Promise<void> {
    if (this.#ended !== undefined) return;
    const ended = new Promise<void>((resolve) => {
      this.#child.once('exit', () => resolve());
    });
    this.#child.ref();
    this.#child.disconnect();
    await ended;
  }

  #ask<C extends DeviceCall>(call: C): Promise<DeviceResults[C['method']]> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const id = this.#next++;
    const question: Question = { id, call };
    return new Promise((resolve, reject) => {
      // The protocol pairs each method with its result's type.
      this.#waiting.set(id, { resolve: (value) => resolve(value as DeviceResults[C['method']]), reject });
      this.#child.ref();
      this.#child.channel?.ref();
      this.#child.send(question, (error) => {
        // A process that has just ended says on its exit why.
        if (error === null || isClosedPipe(error)) return;
        this.#waiting.delete(id);
        reject(error);
      });
    });
  }

  /** A device that nobody waits for does not keep the program running. */
  #idle(): void {
    if (this.#waiting.size > 0) return;
    this.#child.unref();
    this.#child.channel?.unref();
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
  }
}

function isClosedPipe(error: Error): boolean {
  return ['EPIPE', 'ECONNRESET', 'ERR_IPC_CHANNEL_CLOSED'].includes(codeOf(error) ?? '');
}
