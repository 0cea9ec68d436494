import { UserError } from '../../core/errors.js';
import { type ExternalData, readModel } from '../../graph/onnx.js';
import type { TensorData } from '../../graph/types.js';
import { readSafetensors } from '../safetensors.js';
import type { PickleValue } from './pickle-values.js';
import { findStateDict } from './state-dict.js';
import { isTar } from './tar.js';
import { isTorchLegacy, readTorchLegacy } from './torch-legacy.js';
import { readTorchTar } from './torch-tar.js';
import { Materialiser } from './torch-tensor.js';
import { readTorchZip } from './torch-zip.js';

/** `torch-zip` is what torch.save writes today, `torch-legacy` up to PyTorch 1.5, `torch-tar` in 2016. */
export type WeightFormat = 'safetensors' | 'torch-zip' | 'torch-legacy' | 'torch-tar' | 'onnx';

/** What a file of weights holds: tensors by name, in the file's own names and types. */
export interface LoadedWeights {
  readonly format: WeightFormat;
  /** Eight-bit floats are float32 here; half precision is as it was stored, see `asFloat32`. */
  readonly tensors: ReadonlyMap<string, TensorData>;
  /** Text that came with them: metadata of a .safetensors file, properties of an ONNX model. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads a file of weights, whose format its content tells, not its name: .safetensors; what torch.save wrote in any of its
 * formats (.pth, .pt, .bin), by an unpickler that knows tensors and containers only and runs nothing; the initialisers of an
 * ONNX model.
 *
 * @param what names the file in messages
 * @param external gives what an ONNX model keeps in other files
 * @throws {UserError} if it is of no known format, is damaged, or asks for anything else than tensors and containers
 */
export function readWeightBytes(bytes: Uint8Array, what: string, external?: ExternalData): LoadedWeights {
  try {
    return read(bytes, what, external);
  } catch (error) {
    if (!(error instanceof UserError) || error.message.startsWith(what)) throw error;
    throw new UserError(`${what} cannot be read as weights: ${error.message}`, { cause: error });
  }
}

function read(bytes: Uint8Array, what: string, external: ExternalData | undefined): LoadedWeights {
  const format = formatOf(bytes);
  switch (format) {
    case 'safetensors':
      return { format, ...readSafetensors(bytes, what) };
    case 'torch-zip':
      return fromTorch(format, readTorchZip(bytes), bytes);
    case 'torch-legacy':
      return fromTorch(format, readTorchLegacy(bytes), bytes);
    case 'torch-tar':
      return fromTorch(format, readTorchTar(bytes), bytes);
    case 'onnx': {
      const { graph, metadata } = readModel(bytes, external);
      return { format, tensors: graph.initializers, metadata };
    }
  }
}

function fromTorch(format: WeightFormat, saved: PickleValue, bytes: Uint8Array): LoadedWeights {
  const materialiser = new Materialiser(bytes.length);
  const tensors = new Map<string, TensorData>();
  for (const [name, ref] of findStateDict(saved)) tensors.set(name, materialiser.tensor(name, ref));
  return { format, tensors, metadata: {} };
}

/** The format that the first bytes tell. */
function formatOf(bytes: Uint8Array): WeightFormat {
  if (startsWith(bytes, 'PK\x03\x04') || startsWith(bytes, 'PK\x05\x06')) return 'torch-zip';
  if (isTorchLegacy(bytes)) return 'torch-legacy';
  // A header of less than four gigabytes, which begins as an object of JSON.
  if (bytes[8] === 0x7b && bytes[5] === 0 && bytes[6] === 0 && bytes[7] === 0) return 'safetensors';
  if (isTar(bytes)) return 'torch-tar';
  // Field 1 of a ModelProto: the version of the format, a number below 128.
  if (bytes[0] === 0x08 && (bytes[1] ?? 128) < 128) return 'onnx';
  throw new UserError(strange(bytes));
}

/** What else it seems to be. */
function strange(bytes: Uint8Array): string {
  const wanted = 'a .safetensors file, a file of torch.save, or an ONNX model is wanted';
  if (bytes.length === 0) return `it is empty; ${wanted}`;
  if (startsWith(bytes, 'version https://git-lfs')) {
    return 'it is a pointer of Git LFS to the file that is wanted; fetch that with "git lfs pull"';
  }
  if (/^\s*<(!doctype|html|\?xml)/i.test(ascii(bytes, 64))) {
    return `it is a web page, perhaps the message of a server; ${wanted}`;
  }
  if (startsWith(bytes, '\x1f\x8b')) return `it is compressed with gzip; unpack it first`;
  if (startsWith(bytes, '\x89HDF')) return `it is an HDF5 file, as Keras writes; ${wanted}`;
  if (bytes[0] === 0x80) return `it is a pickle, but not one of torch.save; ${wanted}`;
  return `its format is not known; ${wanted}`;
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return ascii(bytes, text.length) === text;
}

function ascii(bytes: Uint8Array, length: number): string {
  return String.fromCharCode(...bytes.subarray(0, length));
}
