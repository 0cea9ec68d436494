import type { TensorData } from '../../graph/types.js';
import type { DeviceInfo, LoadOptions, ProgramId, RunRequest } from '../device.js';

/** A call of a device's method, as it crosses between processes. */
export type DeviceCall =
  | { readonly method: 'info' }
  | { readonly method: 'load'; readonly model: Uint8Array; readonly options: LoadOptions }
  | { readonly method: 'unload'; readonly program: ProgramId }
  | { readonly method: 'write'; readonly tensors: Readonly<Record<string, TensorData>> }
  | { readonly method: 'read'; readonly names: readonly string[] }
  | { readonly method: 'run'; readonly program: ProgramId; readonly request: RunRequest };

export interface DeviceResults {
  readonly info: DeviceInfo;
  readonly load: ProgramId;
  readonly unload: undefined;
  readonly write: undefined;
  readonly read: Record<string, TensorData>;
  readonly run: Record<string, TensorData>;
}

export interface Question {
  readonly id: number;
  readonly call: DeviceCall;
}

export type Answer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string };
