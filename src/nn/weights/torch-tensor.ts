import { UserError } from '../../core/errors.js';
import { tensorFromBytes } from '../../graph/onnx.js';
import { type DType, sizeOf, type TensorData } from '../../graph/types.js';
import { widenFloat8 } from '../float8.js';
import { Opaque } from './pickle-values.js';

/** PyTorch's element types that weights are kept in, by the name of their torch.dtype. */
export interface ElementType {
  readonly name: string;
  /** Bytes of an element. */
  readonly bytes: number;
  /** How the elements are handed on; an eight-bit float is widened. Undefined for what is not read, such as complex numbers. */
  readonly dtype?: Exclude<DType, 'string'> | 'float8_e4m3fn' | 'float8_e5m2';
}

/** The type that a storage's class stands for, and a torch.dtype. */
export class TypeRef extends Opaque {
  readonly kind = 'torch.dtype';

  constructor(readonly type: ElementType) {
    super();
  }
}

/** Elements in a row, which tensors are views of. */
export class StorageRef extends Opaque {
  readonly kind = 'storage';

  /**
   * @param numel how many elements the pickle says there are
   * @param read gives their bytes: exactly `numel` elements, or a UserError
   */
  constructor(
    readonly type: ElementType,
    readonly numel: number,
    readonly read: () => Uint8Array,
  ) {
    super();
  }
}

/** A tensor as a pickle describes it; its elements are read when they are wanted. */
export class TensorRef extends Opaque {
  readonly kind = 'tensor';

  constructor(
    readonly storage: StorageRef,
    readonly type: ElementType,
    /** In elements. */
    readonly offset: number,
    readonly dims: readonly number[],
    readonly strides: readonly number[],
  ) {
    super();
  }
}

/** More axes than PyTorch allows. */
const MOST_AXES = 64;

/**
 * A view of a storage.
 *
 * @throws {UserError} if any of it lies outside of the storage
 */
export function tensorRef(
  storage: StorageRef,
  type: ElementType,
  offset: number,
  dims: readonly number[],
  strides: readonly number[],
): TensorRef {
  const shape = `[${dims.slice(0, MOST_AXES)}]`;
  if (dims.length > MOST_AXES || dims.length !== strides.length) {
    throw new UserError(`a tensor has ${dims.length} axes and ${strides.length} strides`);
  }
  for (const n of [offset, ...dims, ...strides]) {
    if (!Number.isSafeInteger(n) || n < 0)
      throw new UserError(`a tensor of shape ${shape} has an odd size or stride: ${n}`);
  }
  if (!Number.isSafeInteger(sizeOf(dims))) throw new UserError(`a tensor claims the shape ${shape}`);
  if (sizeOf(dims) > 0) {
    const last = dims.reduce((at, d, axis) => at + (d - 1) * (strides[axis] ?? 0), offset);
    const available = Math.floor((storage.numel * storage.type.bytes) / type.bytes);
    if (!(last < available)) {
      throw new UserError(`a tensor of shape ${shape} reaches beyond its storage of ${available} elements`);
    }
  }
  return new TensorRef(storage, type, offset, dims, strides);
}

/**
 * Reads tensors' elements; keeps count of what it copies, so that a small file of overlapping or repeating views cannot
 * ask for more memory than a multiple of its own size.
 */
export class Materialiser {
  #left: number;

  constructor(fileBytes: number) {
    this.#left = 6 * fileBytes + 2 ** 20;
  }

  tensor(name: string, ref: TensorRef): TensorData {
    const { type, dims } = ref;
    const { dtype } = type;
    if (dtype === undefined) throw new UserError(`${name} holds ${type.name} values, which are not read`);
    const count = sizeOf(dims);
    const bytes = count * type.bytes;
    const from = count === 0 ? new Uint8Array() : ref.storage.read().subarray(ref.offset * type.bytes);
    if (count > 0 && !isContiguous(ref)) this.#charge(name, bytes);
    const elements = count === 0 || isContiguous(ref) ? from.subarray(0, bytes) : gathered(from, ref);
    if (dtype === 'float8_e4m3fn' || dtype === 'float8_e5m2') {
      this.#charge(name, 4 * count);
      return { dtype: 'float32', dims, data: widenFloat8(elements, dtype) };
    }
    // tensorFromBytes copies. What is stored once is copied at most once for each name that it has.
    this.#charge(name, bytes);
    return tensorFromBytes(dtype, dims, elements);
  }

  #charge(name: string, bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0) throw new UserError(`${name} and the tensors before it take far more memory than the file`);
  }
}

function isContiguous({ dims, strides }: TensorRef): boolean {
  let expected = 1;
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    const d = dims[axis] ?? 1;
    if (d !== 1 && strides[axis] !== expected) return false;
    expected *= d;
  }
  return true;
}

/** The elements of a strided view in the order of its indices. */
function gathered(from: Uint8Array, { type, dims, strides }: TensorRef): Uint8Array {
  const width = type.bytes;
  const out = new Uint8Array(sizeOf(dims) * width);
  const index = dims.map(() => 0);
  let at = 0;
  for (let to = 0; to < out.length; to += width) {
    for (let i = 0; i < width; i++) out[to + i] = from[at * width + i] ?? 0;
    // The next index, the last axis fastest.
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      const d = dims[axis] ?? 1;
      const stride = strides[axis] ?? 0;
      const next = (index[axis] ?? 0) + 1;
      if (next < d) {
        index[axis] = next;
        at += stride;
        break;
      }
      index[axis] = 0;
      at -= (d - 1) * stride;
    }
  }
  return out;
}
