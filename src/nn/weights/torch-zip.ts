import { UserError } from '../../core/errors.js';
import { ByteReader } from './byte-reader.js';
import type { PickleValue } from './pickle-values.js';
import { findGlobal } from './torch-globals.js';
import { storageId } from './torch-storages.js';
import { StorageRef } from './torch-tensor.js';
import { unpickle } from './unpickle.js';
import { StoredZip } from './zip.js';

/** What torch.save has written since PyTorch 1.6: a zip archive of `NAME/data.pkl` and a file `NAME/data/KEY` for each storage. */
export function readTorchZip(bytes: Uint8Array): PickleValue {
  const zip = new StoredZip(bytes);
  const folder = folderOf(zip);
  if (zip.has(`${folder}byteorder`)) {
    const order = new TextDecoder().decode(zip.read(`${folder}byteorder`).subarray(0, 16));
    if (order !== 'little')
      throw new UserError(`its numbers are in the order ${JSON.stringify(order)}, not little-endian`);
  }
  const persistent = (id: PickleValue): StorageRef => {
    const { type, key, numel } = storageId(id);
    return new StorageRef(type, numel, () => {
      const content = zip.read(`${folder}data/${key}`);
      if (content.length < numel * type.bytes) {
        throw new UserError(`storage ${key} has ${content.length} bytes, not the ${numel * type.bytes} it should have`);
      }
      return content;
    });
  };
  return unpickle(new ByteReader(zip.read(`${folder}data.pkl`)), { find: findGlobal, persistent });
}

/** The one folder that everything lies in, with its slash. */
function folderOf(zip: StoredZip): string {
  for (const name of zip.names) if (/^[^/]*\/data\.pkl$/.test(name)) return name.slice(0, -'data.pkl'.length);
  if (zip.has('data.pkl')) return '';
  throw new UserError('it is a zip archive, but not one of torch.save: it holds no data.pkl');
}
