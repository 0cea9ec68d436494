import { UserError } from '../../core/errors.js';
import { ByteReader } from './byte-reader.js';
import { kindOf, membersOf, type PickleValue, Tuple } from './pickle-values.js';
import { findGlobal } from './torch-globals.js';
import { storageId, storagePart } from './torch-storages.js';
import { type ElementType, StorageRef } from './torch-tensor.js';
import { unpickle } from './unpickle.js';

/** What the first pickle of a file holds, and the bytes it takes. */
const MAGIC = 0x1950a86a20f9469cfc6cn;
const MAGIC_BYTES = [0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
const PROTOCOL = 1001;

export function isTorchLegacy(bytes: Uint8Array): boolean {
  // Behind the mark of the pickle's own protocol, and from 4 on a frame with its length.
  const at = bytes[2] === 0x95 ? 11 : 2;
  return bytes[0] === 0x80 && MAGIC_BYTES.every((b, i) => bytes[i + at] === b);
}

/** A storage that comes after the pickle that speaks of it. */
interface Awaited {
  readonly type: ElementType;
  readonly numel: number;
  bytes: Uint8Array | undefined;
}

/**
 * What torch.save wrote from 2017 to PyTorch 1.5, and writes still when told so: pickles of a magic number, a version, the
 * machine's properties, the object, and the storages' keys; then each storage as its length and its elements.
 */
export function readTorchLegacy(bytes: Uint8Array): PickleValue {
  const r = new ByteReader(bytes);
  const storages = new Map<string, Awaited>();
  const persistent = (id: PickleValue): PickleValue => {
    // A module with its source, which old files hold where a whole model was saved: the module itself is refused before.
    if (id instanceof Tuple && id.items[0] === 'module' && id.items[1] !== undefined) return id.items[1];
    const { type, key, numel, more } = storageId(id);
    let awaited = storages.get(key);
    if (awaited === undefined) {
      awaited = { type, numel, bytes: undefined };
      storages.set(key, awaited);
    }
    return part(awaited, type, key, more[0] ?? null);
  };
  const next = (): PickleValue => unpickle(r, { find: findGlobal, persistent });

  if (next() !== MAGIC) throw new UserError('its magic number is not that of torch.save');
  const version = next();
  if (version !== PROTOCOL) throw new UserError(`it is of version ${version}, not ${PROTOCOL}`);
  // The sizes of C's types where it was written.
  next();
  const object = next();
  for (const key of membersOf(next(), 'the list of its storages')) {
    const storage = storages.get(String(key));
    if (storage === undefined) throw new UserError(`it holds a storage that no tensor uses: ${kindOf(key)}`);
    const numel = r.u64();
    if (numel !== storage.numel) {
      throw new UserError(`a storage has ${numel} elements, not the ${storage.numel} it should have`);
    }
    storage.bytes = r.take(numel * storage.type.bytes);
  }
  return object;
}

/** A storage, or the part of one that `view`, (key, offset, elements), tells. */
function part(root: Awaited, type: ElementType, key: string, view: PickleValue): StorageRef {
  const { offset, numel } = view === null ? { offset: 0, numel: root.numel } : storagePart(view, root.numel);
  return new StorageRef(type, numel, () => {
    if (root.bytes === undefined) throw new UserError(`storage ${key} is missing`);
    const content = root.bytes.subarray(offset * type.bytes);
    if (content.length < numel * type.bytes) throw new UserError(`storage ${key} is of several types`);
    return content;
  });
}
