import type { DescMessage } from '@bufbuild/protobuf';
import { UserError } from '../core/errors.js';

/**
 * Bound on the fields of a protobuf file, nested ones included. Classifiers have some ten thousand; and since two
 * bytes can stand for an object of hundreds, a file of a few megabytes could otherwise ask for gigabytes.
 */
const MOST_FIELDS = 2 ** 20;
/** Graphs within graphs, each of them four messages deep. */
const DEEPEST = 200;

/**
 * Goes over a protobuf message without making anything of it, and checks that it is whole and that reading it takes memory
 * in proportion to its size.
 *
 * @throws {UserError} if it is not
 */
export function assertReadable(bytes: Uint8Array, message: DescMessage): void {
  new Walk(bytes).message(message, bytes.length, 0);
}

class Walk {
  #at = 0;
  #fields = 0;
  readonly #inner = new Map<DescMessage, ReadonlyMap<number, DescMessage>>();

  constructor(private readonly bytes: Uint8Array) {}

  message(desc: DescMessage, end: number, depth: number): void {
    if (depth > DEEPEST) throw new UserError(`messages are nested more than ${DEEPEST} deep`);
    const inner = this.#messagesIn(desc);
    while (this.#at < end) {
      if (++this.#fields > MOST_FIELDS) throw new UserError(`it has more than ${MOST_FIELDS} fields`);
      const tag = this.#varint(end);
      const field = inner.get(Math.floor(tag / 8));
      switch (tag % 8) {
        case 0:
          this.#varint(end);
          break;
        case 1:
          this.#skip(8, end);
          break;
        case 2: {
          const length = this.#varint(end);
          if (field === undefined) {
            this.#skip(length, end);
            break;
          }
          if (length > end - this.#at) throw cut();
          this.message(field, this.#at + length, depth + 1);
          break;
        }
        case 5:
          this.#skip(4, end);
          break;
        default:
          throw new UserError('it is damaged');
      }
    }
  }

  /** The fields that are messages themselves, by number. */
  #messagesIn(desc: DescMessage): ReadonlyMap<number, DescMessage> {
    let found = this.#inner.get(desc);
    if (found === undefined) {
      found = new Map(
        desc.fields.flatMap((field) => (field.message === undefined ? [] : [[field.number, field.message] as const])),
      );
      this.#inner.set(desc, found);
    }
    return found;
  }

  #varint(end: number): number {
    let value = 0;
    for (let i = 0; i < 10; i++) {
      if (this.#at >= end) throw cut();
      const byte = this.bytes[this.#at++] ?? 0;
      value += (byte & 127) * 2 ** (7 * i);
      if (byte < 128) return value;
    }
    throw new UserError('it is damaged');
  }

  #skip(count: number, end: number): void {
    if (count > end - this.#at) throw cut();
    this.#at += count;
  }
}

function cut(): UserError {
  return new UserError('it is cut off');
}
