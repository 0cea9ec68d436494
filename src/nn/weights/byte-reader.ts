import { UserError } from '../../core/errors.js';

/** Reads numbers and pieces of a file in order; whatever lies beyond its end is a UserError. Little-endian where nothing else is said. */
export class ByteReader {
  /** Where the next byte is read. */
  at: number;
  readonly #view: DataView;

  constructor(
    readonly bytes: Uint8Array,
    at = 0,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = at;
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  /** The next `count` bytes, not copied. */
  take(count: number): Uint8Array {
    const from = this.#advance(count);
    return this.bytes.subarray(from, from + count);
  }

  u8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  i32(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }

  /** An unsigned 64-bit number; one that a double cannot hold exactly is larger than any file. */
  u64(): number {
    const n = this.#view.getBigUint64(this.#advance(8), true);
    if (n > BigInt(Number.MAX_SAFE_INTEGER)) throw new UserError(`a length of ${n} is beyond any file`);
    return Number(n);
  }

  f64BigEndian(): number {
    return this.#view.getFloat64(this.#advance(8), false);
  }

  /** The bytes up to the next newline, which is read over. */
  line(): Uint8Array {
    const end = this.bytes.indexOf(0x0a, this.at);
    if (end < 0) throw new UserError('it is cut off inside a line');
    const piece = this.bytes.subarray(this.at, end);
    this.at = end + 1;
    return piece;
  }

  #advance(count: number): number {
    if (!(count <= this.left)) {
      throw new UserError(`it is cut off: ${count} more bytes are wanted at byte ${this.at}, ${this.left} are there`);
    }
    const from = this.at;
    this.at += count;
    return from;
  }
}
