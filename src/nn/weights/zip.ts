import { UserError } from '../../core/errors.js';
import { ByteReader } from './byte-reader.js';
import { crc32 } from './crc32.js';

/**
 * Reads zip archives whose entries are stored without compression, as PyTorch writes them: an entry is then a piece of the file,
 * given without a copy. (For compressed archives of pictures there is `data/node/unpack-zip.ts`, which needs Node.)
 */
export class StoredZip {
  readonly #bytes: Uint8Array;
  readonly #entries = new Map<string, Entry>();
  readonly #checked = new Set<string>();
  /** PyTorch can be told to leave checksums out; all of them are 0 then. */
  readonly #hasChecksums: boolean;

  /**
   * @throws {UserError} if the directory of the archive is damaged or does not fit the file
   */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    const { at, count } = directoryOf(bytes);
    const r = new ByteReader(bytes, at);
    let stored = 0;
    for (let i = 0; i < count; i++) {
      const entry = readEntry(r);
      if (entry.method === 0) stored += entry.size;
      // Entries that can be read do not overlap, so that reading each of them once is no more work than reading the file.
      if (stored > bytes.length) throw new UserError('the entries of its zip archive are larger than the file');
      if (this.#entries.has(entry.name))
        throw new UserError(`its zip archive holds ${JSON.stringify(entry.name)} twice`);
      this.#entries.set(entry.name, entry);
    }
    this.#hasChecksums = [...this.#entries.values()].some((entry) => entry.crc !== 0);
  }

  get names(): Iterable<string> {
    return this.#entries.keys();
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /**
   * The bytes of an entry, not copied.
   *
   * @throws {UserError} if it is not there, is compressed, or fails its checksum
   */
  read(name: string): Uint8Array {
    const shown = JSON.stringify(name);
    const entry = this.#entries.get(name);
    if (entry === undefined) throw new UserError(`its zip archive lacks ${shown}`);
    if (entry.method !== 0) {
      throw new UserError(
        `${shown} in its zip archive is compressed, which torch.save never does; unpack it and save it again`,
      );
    }
    if (entry.encrypted) throw new UserError(`${shown} in its zip archive is encrypted`);
    const r = new ByteReader(this.#bytes, entry.at);
    if (r.u32() !== LOCAL_HEADER) throw new UserError(`${shown} is not where the directory of its zip archive says`);
    r.take(22);
    const [nameLength, extraLength] = [r.u16(), r.u16()];
    r.take(nameLength + extraLength);
    const content = r.take(entry.size);
    if (this.#hasChecksums && !this.#checked.has(name)) {
      if (crc32(content) !== entry.crc) throw new UserError(`${shown} in its zip archive fails its checksum`);
      this.#checked.add(name);
    }
    return content;
  }
}

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly encrypted: boolean;
  readonly crc: number;
  readonly size: number;
  /** Where its local header is. */
  readonly at: number;
}

const LOCAL_HEADER = 0x04034b50;
const CENTRAL_HEADER = 0x02014b50;
const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const END_BYTES = 22;
const LONGEST_COMMENT = 0xffff;
/** A field with all bits set stands in the zip64 record instead. */
const ELSEWHERE = 0xffffffff;

/** Where the central directory is, and how many entries it has. */
function directoryOf(bytes: Uint8Array): { at: number; count: number } {
  const end = endOf(bytes);
  const r = new ByteReader(bytes, end + 10);
  let count = r.u16();
  let size = r.u32();
  let at = r.u32();
  if (count === 0xffff || size === ELSEWHERE || at === ELSEWHERE) {
    const locator = new ByteReader(bytes, Math.max(0, end - 20));
    if (locator.u32() !== LOCATOR_64) throw new UserError('the end of its zip archive is damaged');
    locator.u32();
    const record = new ByteReader(bytes, Math.min(locator.u64(), bytes.length));
    if (record.u32() !== END_64) throw new UserError('the end of its zip archive is damaged');
    record.take(28);
    [count, size, at] = [record.u64(), record.u64(), record.u64()];
  }
  if (!(at + size <= bytes.length))
    throw new UserError('it is cut off: the directory of its zip archive lies beyond its end');
  return { at, count };
}

function endOf(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const last = bytes.length - END_BYTES;
  for (let at = last; at >= Math.max(0, last - LONGEST_COMMENT); at--) {
    if (view.getUint32(at, true) === END) return at;
  }
  throw new UserError('it is cut off: the end of its zip archive is missing');
}

function readEntry(r: ByteReader): Entry {
  if (r.u32() !== CENTRAL_HEADER) throw new UserError('the directory of its zip archive is damaged');
  r.take(4);
  const flags = r.u16();
  const method = r.u16();
  r.take(4);
  const crc = r.u32();
  let [packed, size] = [r.u32(), r.u32()];
  const [nameLength, extraLength, commentLength] = [r.u16(), r.u16(), r.u16()];
  r.take(8);
  let at = r.u32();
  const name = new TextDecoder().decode(r.take(nameLength));
  const extra = new ByteReader(r.take(extraLength));
  r.take(commentLength);
  // The zip64 field holds those of the three numbers that do not fit, in this order.
  while (extra.left >= 4) {
    const [id, length] = [extra.u16(), extra.u16()];
    const field = new ByteReader(extra.take(length));
    if (id !== 1) continue;
    if (size === ELSEWHERE) size = field.u64();
    if (packed === ELSEWHERE) packed = field.u64();
    if (at === ELSEWHERE) at = field.u64();
  }
  if (method === 0 && packed !== size) throw new UserError('the directory of its zip archive is damaged');
  return { name, method, encrypted: (flags & 1) === 1, crc, size, at };
}
