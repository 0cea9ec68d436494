import * as ort from 'onnxruntime-node';
import type { TensorData } from '../../graph/types.js';
import type { Device, DeviceInfo, LoadOptions, ProgramId, RunRequest } from '../device.js';
import { probeBlock } from './probe.js';

export interface LocalOptions {
  /** Threads that one operator may use. Default: ONNX Runtime's choice, one for each core. */
  readonly threads?: number;
}

function toOrt(tensor: TensorData): ort.Tensor {
  if (tensor.dtype === 'bfloat16') throw new Error('bfloat16 tensors are not for running');
  if (tensor.dtype === 'string') return new ort.Tensor('string', tensor.data, tensor.dims);
  return new ort.Tensor(tensor.dtype, tensor.data, tensor.dims);
}

function fromOrt(tensor: ort.Tensor): TensorData {
  return { dtype: tensor.type, dims: tensor.dims, data: tensor.data } as TensorData;
}

function copied<T extends TensorData>(tensor: T): T {
  return { ...tensor, data: tensor.data.slice() };
}

/** Runs graphs on onnxruntime-node in this thread, which each run blocks. */
export class LocalDevice implements Device {
  readonly #sessions = new Map<ProgramId, ort.InferenceSession>();
  /** Its memory is its own, since runs may write over it: what comes in or goes out is copied. */
  readonly #store = new Map<string, ort.Tensor>();
  #next = 1;

  constructor(private readonly options: LocalOptions = {}) {}

  async info(): Promise<DeviceInfo> {
    return { block: await probeBlock() };
  }

  async load(model: Uint8Array, options: LoadOptions = {}): Promise<ProgramId> {
    const session = await ort.InferenceSession.create(model, {
      graphOptimizationLevel: 'all',
      // One block for all values, planned after the first run, is allocated beside what that run used: it made a step's peak
      // memory half as large again and its second run slow, and saved no time.
      enableMemPattern: false,
      // A program's threads do not go on spinning once it has run: they would take the processor from the next program, or from decoding.
      extra: { session: { force_spinning_stop: '1' } },
      // Errors only: a training graph makes ONNX Runtime warn about shapes that it cannot infer.
      logSeverityLevel: 3,
      ...(this.options.threads === undefined ? {} : { intraOpNumThreads: this.options.threads }),
      ...(options.profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: options.profile }),
    });
    const id = this.#next++;
    this.#sessions.set(id, session);
    return id;
  }

  async unload(program: ProgramId): Promise<void> {
    const session = this.#session(program);
    this.#sessions.delete(program);
    await session.release();
  }

  async write(tensors: Readonly<Record<string, TensorData>>): Promise<void> {
    for (const [name, tensor] of Object.entries(tensors)) this.#store.set(name, toOrt(copied(tensor)));
  }

  async read(names: readonly string[]): Promise<Record<string, TensorData>> {
    return Object.fromEntries(names.map((name) => [name, copied(fromOrt(this.#stored(name)))]));
  }

  async run(program: ProgramId, request: RunRequest): Promise<Record<string, TensorData>> {
    const feeds: Record<string, ort.Tensor> = {};
    for (const [input, tensor] of Object.entries(request.feeds)) feeds[input] = toOrt(tensor);
    for (const [input, name] of Object.entries(request.resident)) feeds[input] = this.#stored(name);
    const fetches: Record<string, ort.Tensor | null> = {};
    for (const output of [...request.fetch, ...Object.keys(request.keep)]) fetches[output] = null;
    const overwritten = new Set<string>();
    for (const output of request.inPlace ?? []) {
      const name = request.keep[output];
      if (name === undefined) continue;
      fetches[output] = this.#stored(name);
      overwritten.add(output);
    }
    const results = await this.#session(program).run(feeds, fetches);
    const result = (output: string): ort.Tensor => {
      const tensor = results[output];
      if (tensor === undefined) throw new Error(`the program gave no output ${output}`);
      return tensor;
    };
    for (const [output, name] of Object.entries(request.keep)) {
      if (!overwritten.has(output)) this.#store.set(name, result(output));
    }
    return Object.fromEntries(request.fetch.map((output) => [output, fromOrt(result(output))]));
  }

  async close(): Promise<void> {
    for (const session of this.#sessions.values()) await session.release();
    this.#sessions.clear();
    this.#store.clear();
  }

  #session(program: ProgramId): ort.InferenceSession {
    const session = this.#sessions.get(program);
    if (session === undefined) throw new Error(`no program ${program} is loaded`);
    return session;
  }

  #stored(name: string): ort.Tensor {
    const tensor = this.#store.get(name);
    if (tensor === undefined) throw new Error(`the device holds no tensor ${name}`);
    return tensor;
  }
}
