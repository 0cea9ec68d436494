import { z } from 'zod';
import { UserError } from '../core/errors.js';
import { bytesOf, tensorFromBytes } from '../graph/onnx.js';
import { type DType, sizeOf, type TensorData } from '../graph/types.js';
import { type Float8, widenFloat8 } from './float8.js';
import { widenBfloat16, widenHalf } from './half.js';

const DTYPES: Readonly<Record<string, DType>> = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  I64: 'int64',
  I32: 'int32',
  I16: 'int16',
  I8: 'int8',
  U64: 'uint64',
  U32: 'uint32',
  U16: 'uint16',
  U8: 'uint8',
  BOOL: 'bool',
};

/** Eight-bit floats, which ONNX tensors here have no type for: they are widened to float32. */
const FLOAT8: Readonly<Record<string, Float8>> = { F8_E4M3: 'float8_e4m3fn', F8_E5M2: 'float8_e5m2' };

const MOST_AXES = 64;

const Entry = z.object({
  dtype: z.string(),
  shape: z.array(z.number().int().nonnegative()).max(MOST_AXES),
  data_offsets: z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()]),
});
const Metadata = z.record(z.string(), z.string());

/** No real header is larger; a bound keeps a hostile file from making us read it all as JSON. */
const HEADER_LIMIT = 64 * 1024 * 1024;

export interface Safetensors {
  readonly tensors: Map<string, TensorData>;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads a .safetensors file (huggingface/safetensors, format of 2023).
 *
 * @param what names the file in error messages
 * @throws {UserError} if the bytes are cut off, or the header does not fit the data
 */
export function readSafetensors(bytes: Uint8Array, what: string): Safetensors {
  const broken = (why: string) => new UserError(`${what} is not a whole .safetensors file: ${why}`);
  if (bytes.length < 8) throw broken(`it has ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (length > HEADER_LIMIT || length > bytes.length - 8) throw broken(`its header claims ${length} bytes`);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + length)));
  } catch {
    throw broken('its header is not JSON');
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    throw broken('its header is not an object');
  const data = bytes.subarray(8 + length);
  const ranges: (readonly [from: number, to: number, name: string])[] = [];
  const places = new Map<string, { code: string; shape: number[]; bytes: Uint8Array }>();
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') {
      const parsed = Metadata.safeParse(value);
      if (!parsed.success) throw broken('its metadata are not strings');
      metadata = parsed.data;
      continue;
    }
    const entry = Entry.safeParse(value);
    if (!entry.success) throw broken(`the entry of ${name} is malformed`);
    const {
      dtype: code,
      shape,
      data_offsets: [from, to],
    } = entry.data;
    if (from > to || to > data.length) throw broken(`the data of ${name} lie beyond its end`);
    if (!Number.isSafeInteger(sizeOf(shape))) throw broken(`${name} claims the shape [${shape}]`);
    ranges.push([from, to, name]);
    places.set(name, { code, shape, bytes: data.subarray(from, to) });
  }
  // The format allows neither gaps nor overlaps: without them, tensors together are no larger than the file.
  let end = 0;
  for (const [from, to, name] of ranges.sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    if (from !== end) throw broken(`the data of ${name} do not begin where those before it end`);
    end = to;
  }
  if (end !== data.length) throw broken(`${data.length - end} bytes at its end belong to no tensor`);
  const tensors = new Map<string, TensorData>();
  for (const [name, { code, shape, bytes: content }] of places) {
    const read = decoderOf(code);
    if (read === undefined) throw broken(`${name} has the type ${code}, which is not read`);
    try {
      tensors.set(name, read(shape, content));
    } catch {
      throw broken(`the data of ${name} do not fit its shape [${shape}]`);
    }
  }
  return { tensors, metadata };
}

/** What makes a tensor of a type's bytes; undefined for a type that is not read. */
function decoderOf(code: string): ((shape: readonly number[], bytes: Uint8Array) => TensorData) | undefined {
  const dtype = Object.hasOwn(DTYPES, code) ? DTYPES[code] : undefined;
  if (dtype !== undefined) return (shape, bytes) => tensorFromBytes(dtype, shape, bytes);
  const float8 = Object.hasOwn(FLOAT8, code) ? FLOAT8[code] : undefined;
  if (float8 === undefined) return undefined;
  return (shape, bytes) => {
    if (bytes.length !== sizeOf(shape)) throw new UserError('an element is one byte');
    return { dtype: 'float32', dims: shape, data: widenFloat8(bytes, float8) };
  };
}

/** Writes tensors and string metadata as a .safetensors file. */
export function writeSafetensors(
  tensors: ReadonlyMap<string, TensorData>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const codes = new Map(Object.entries(DTYPES).map(([code, dtype]) => [dtype, code]));
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const [name, tensor] of tensors) {
    const bytes = bytesOf(tensor).byteLength;
    header[name] = { dtype: codes.get(tensor.dtype), shape: tensor.dims, data_offsets: [offset, offset + bytes] };
    offset += bytes;
  }
  // The data must start at a multiple of 8 bytes; spaces fill the header.
  const text = new TextEncoder().encode(JSON.stringify(header));
  const padded = Math.ceil(text.length / 8) * 8;
  const out = new Uint8Array(8 + padded + offset).fill(0x20, 8, 8 + padded);
  new DataView(out.buffer).setBigUint64(0, BigInt(padded), true);
  out.set(text, 8);
  let at = 8 + padded;
  for (const tensor of tensors.values()) {
    const bytes = bytesOf(tensor);
    out.set(bytes, at);
    at += bytes.byteLength;
  }
  return out;
}

/** A floating tensor as float32, whatever it was stored as. */
export function asFloat32(tensor: TensorData, name: string): Float32Array {
  switch (tensor.dtype) {
    case 'float32':
      return tensor.data;
    case 'float64':
      return Float32Array.from(tensor.data);
    case 'float16':
      return widenHalf(tensor.data);
    case 'bfloat16':
      return widenBfloat16(tensor.data);
    default:
      throw new UserError(`${name} holds ${tensor.dtype} values; floating numbers are wanted`);
  }
}
