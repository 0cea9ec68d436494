import type { GraphBuilder } from '../builder.js';
import { at } from '../shapes/index.js';
import type { Value } from '../types.js';
import { blockedOp } from './blocked/nodes.js';

/** A blocked value may have this many times as many channels as the value that it stands for. */
const MOST_PADDING = 1.5;

/**
 * Channels of a value in the blocked layout: as many as there are, or whole blocks of them with a few that nobody reads, as
 * ONNX Runtime itself has it. Undefined where it does not pay, or where ReorderInput cannot put it there (it takes four at a
 * time).
 */
export function blockedChannels(channels: number, block: number): number | undefined {
  const padded = Math.ceil(channels / block) * block;
  return channels % 4 === 0 && padded <= MOST_PADDING * channels ? padded : undefined;
}

/**
 * Where values of the graph that is being lowered are in the new one. A picture-like value [N, C, H, W] may be there in the
 * plain layout, in ONNX Runtime's blocked layout [N, C/block, H, W, block], or in both: whoever asks for the one that is
 * missing has it put there, once. What the channels that fill up the last block hold is finite, and does not matter.
 */
export class Layouts {
  readonly #plain = new Map<Value, Value>();
  readonly #blocked = new Map<Value, Value>();
  /** Channels of blocked values without those that fill up the last block. */
  readonly #channels = new Map<Value, number>();

  constructor(
    private readonly b: GraphBuilder,
    readonly block: number,
  ) {}

  setPlain(value: Value, is: Value): void {
    this.#plain.set(value, is);
  }

  setBlocked(value: Value, is: Value, channels: number): void {
    this.#blocked.set(value, is);
    this.#channels.set(value, channels);
  }

  isBlocked(value: Value): boolean {
    return this.#blocked.has(value);
  }

  /** Whether a value could be had in the blocked layout. */
  canBlock(value: Value): boolean {
    if (this.block === 0) return false;
    if (this.#blocked.has(value)) return true;
    const { dims, dtype } = this.b.type(this.#plain.get(value) ?? value);
    return dtype === 'float32' && dims.length === 4 && blockedChannels(at(dims, 1), this.block) !== undefined;
  }

  /** The value in a layout that is there already. */
  any(value: Value): Value {
    return this.#plain.get(value) ?? this.#blocked.get(value) ?? value;
  }

  /** The value's shape, whatever its layout. */
  dims(value: Value): readonly number[] {
    const channels = this.#plain.has(value) ? undefined : this.#channels.get(value);
    const dims = this.b.dims(this.any(value));
    return channels === undefined ? dims : dims.with(1, channels);
  }

  plain(value: Value): Value {
    if (value === '') return value;
    const found = this.#plain.get(value);
    if (found !== undefined) return found;
    const blocked = this.#blocked.get(value);
    // A value that is nowhere yet stands for itself: an input or a stored tensor.
    if (blocked === undefined) return value;
    const dims = this.dims(value);
    const plain = blockedOp(this.b, 'ReorderOutput', [blocked], dims, { channels: at(dims, 1) });
    this.#plain.set(value, plain);
    return plain;
  }

  blocked(value: Value): Value {
    const found = this.#blocked.get(value);
    if (found !== undefined) return found;
    const plain = this.plain(value);
    const dims = this.b.dims(plain);
    const channels = at(dims, 1);
    const padded = dims.with(1, blockedChannels(channels, this.block) ?? channels);
    const blocked = blockedOp(this.b, 'ReorderInput', [plain], padded);
    this.setBlocked(value, blocked, channels);
    return blocked;
  }
}
