import { UserError } from '../../core/errors.js';
import { kindOf, membersOf, type PickleValue, Tuple } from './pickle-values.js';
import type { ElementType } from './torch-tensor.js';
import { TypeRef } from './torch-tensor.js';

/** A persistent id of torch.save's, which stands for a storage kept outside of the pickle. */
export interface StorageId {
  readonly type: ElementType;
  readonly key: string;
  /** Number of elements. */
  readonly numel: number;
  /** Beyond these, a legacy file may say that it means a part of the storage. */
  readonly more: readonly PickleValue[];
}

/**
 * Reads `('storage', class, key, device, elements, …)`.
 *
 * @throws {UserError} for any other persistent id
 */
export function storageId(id: PickleValue): StorageId {
  const [kind, type, key, , numel, ...more] = id instanceof Tuple ? id.items : [];
  if (kind !== 'storage') {
    throw new UserError(`its pickle refers to something outside by a ${kindOf(id)}, which names no storage`);
  }
  if (!(type instanceof TypeRef)) throw new UserError(`a storage's type is a ${kindOf(type ?? null)}`);
  if (typeof key !== 'string' && typeof key !== 'number') {
    throw new UserError(`a storage's key is a ${kindOf(key ?? null)}`);
  }
  if (!isCount(numel)) {
    throw new UserError(
      `a storage has an odd number of elements: ${typeof numel === 'number' ? numel : kindOf(numel ?? null)}`,
    );
  }
  return { type: type.type, key: String(key), numel, more };
}

/**
 * Reads the part of a storage that a tuple or list tells: its last two members are where it starts and its number of elements.
 *
 * @throws {UserError} if it lies outside of the storage's `total` elements
 */
export function storagePart(value: PickleValue, total: number): { offset: number; numel: number } {
  const [offset, numel] = membersOf(value, 'the part of a storage').slice(-2);
  if (!isCount(offset) || !isCount(numel) || offset + numel > total) {
    throw new UserError(`a part of a storage lies outside of its ${total} elements`);
  }
  return { offset, numel };
}

function isCount(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
