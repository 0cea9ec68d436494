import type { TensorData } from '../graph/types.js';

/** A loaded model. */
export type ProgramId = number;

/** What a run reads and writes beside the tensors that travel with the call. */
export interface RunRequest {
  /** Tensors sent with this run, by input name. */
  readonly feeds: Readonly<Record<string, TensorData>>;
  /** Inputs that are read from the device's store: input name to stored name. */
  readonly resident: Readonly<Record<string, string>>;
  /** Outputs that replace stored tensors: output name to stored name. */
  readonly keep: Readonly<Record<string, string>>;
  /**
   * Those of `keep` that may be written over the stored tensor while the program runs, which nothing else reads any more by then. A run that
   * fails leaves them in any state. Default: none.
   */
  readonly inPlace?: readonly string[];
  /** Outputs that come back. */
  readonly fetch: readonly string[];
}

export interface LoadOptions {
  /**
   * How the name of a profile's file begins: each node's time, written as JSON once the program is unloaded or the device
   * closed. None by default.
   */
  readonly profile?: string;
}

/** What the processor offers beyond plain ONNX. */
export interface DeviceInfo {
  /** Channels in a block of ONNX Runtime's own blocked layout; 0 where it has none. */
  readonly block: number;
}

/**
 * Where graphs run. Training state lives here in a store of named tensors, so that it does not travel with each step.
 *
 * The core knows only this; `runtime/node` is the implementation on onnxruntime-node.
 */
export interface Device {
  info(): Promise<DeviceInfo>;
  load(model: Uint8Array, options?: LoadOptions): Promise<ProgramId>;
  unload(program: ProgramId): Promise<void>;
  write(tensors: Readonly<Record<string, TensorData>>): Promise<void>;
  read(names: readonly string[]): Promise<Record<string, TensorData>>;
  run(program: ProgramId, request: RunRequest): Promise<Record<string, TensorData>>;
  close(): Promise<void>;
}
