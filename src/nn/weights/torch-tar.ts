import { UserError } from '../../core/errors.js';
import { ByteReader } from './byte-reader.js';
import { kindOf, membersOf, type PickleValue, Tuple } from './pickle-values.js';
import { filesOfTar } from './tar.js';
import { findGlobal } from './torch-globals.js';
import { storagePart } from './torch-storages.js';
import { StorageRef, type TensorRef, TypeRef, tensorRef } from './torch-tensor.js';
import { unpickle } from './unpickle.js';

const MOST_AXES = 64;

/**
 * What torch.save wrote in 2016: a tar archive of the files `storages`, `tensors` and `pickle`. The first two hold a count, then
 * for each item a pickle that tells its key and type, and the numbers as C has them in memory.
 */
export function readTorchTar(bytes: Uint8Array): PickleValue {
  const files = filesOfTar(bytes);
  const open = (name: string): ByteReader => {
    const file = files.get(name);
    if (file === undefined) throw new UserError(`it is a tar archive, but not one of torch.save: it holds no ${name}`);
    return new ByteReader(file);
  };
  const storages = readStorages(open('storages'));
  const tensors = readTensors(open('tensors'), storages);
  const persistent = (id: PickleValue): PickleValue => {
    // A module with its source; the module itself is refused before.
    if (id instanceof Tuple && id.items[0] !== undefined) return id.items[0];
    const found = tensors.get(String(id)) ?? storages.get(String(id));
    if (found === undefined) throw new UserError(`its pickle refers to a tensor that is not there, by a ${kindOf(id)}`);
    return found;
  };
  return unpickle(open('pickle'), { find: findGlobal, persistent });
}

const noPersistent = (): never => {
  throw new UserError('a list of its tensors refers to something outside');
};
const read = (r: ByteReader): PickleValue => unpickle(r, { find: findGlobal, persistent: noPersistent });

function readStorages(r: ByteReader): Map<string, StorageRef> {
  const storages = new Map<string, StorageRef>();
  const count = counted(read(r));
  for (let i = 0; i < count; i++) {
    const [key, , type] = membersOf(read(r), 'a storage');
    if (!(type instanceof TypeRef)) throw new UserError(`a storage's type is a ${kindOf(type ?? null)}`);
    const numel = r.u64();
    const content = r.take(numel * type.type.bytes);
    storages.set(keyOf(key), new StorageRef(type.type, numel, () => content));
  }
  for (const view of membersOf(read(r), 'the parts of storages')) {
    const [key, root] = membersOf(view, 'the part of a storage');
    const of = storages.get(keyOf(root));
    if (of === undefined) throw new UserError('a part is of a storage that is not there');
    const { offset, numel } = storagePart(view, of.numel);
    const { bytes } = of.type;
    // Cut at once: parts of parts of parts must not read one another.
    const content = of.read().subarray(offset * bytes, (offset + numel) * bytes);
    storages.set(keyOf(key), new StorageRef(of.type, numel, () => content));
  }
  return storages;
}

function readTensors(r: ByteReader, storages: ReadonlyMap<string, StorageRef>): Map<string, TensorRef> {
  const tensors = new Map<string, TensorRef>();
  const count = counted(read(r));
  for (let i = 0; i < count; i++) {
    const [key, storageKey] = membersOf(read(r), 'a tensor');
    const storage = storages.get(keyOf(storageKey));
    if (storage === undefined) throw new UserError('a tensor has a storage that is not there');
    const axes = r.u32();
    if (axes > MOST_AXES) throw new UserError(`a tensor has ${axes} axes`);
    // Kept as eight bytes, of which four are used.
    r.take(4);
    const dims = Array.from({ length: axes }, () => r.u64());
    const strides = Array.from({ length: axes }, () => r.u64());
    tensors.set(keyOf(key), tensorRef(storage, storage.type, r.u64(), dims, strides));
  }
  return tensors;
}

function counted(value: PickleValue): number {
  if (typeof value === 'number') return value;
  throw new UserError(`a count is a ${kindOf(value)}`);
}

function keyOf(value: PickleValue | undefined): string {
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'string') return String(value);
  throw new UserError(`a key is a ${kindOf(value ?? null)}`);
}
